/// What a training made: the `result` of a job document.
public struct TrainingResult: Sendable, Equatable {
    /// The registered version: `gs://…/models/<name>/v<k>/`.
    public var modelURI: String
    /// The model's name.
    public var modelName: String
    /// The version.
    public var modelVersion: Int
    /// The training loss of the last step; a command may have measured none.
    public var finalLoss: Double?
    /// The training loss of the first step, where one was measured.
    public var initialLoss: Double?
    /// The lowest loss on the validation episodes: of the parameters that were exported. Nil where none was
    /// measured.
    public var bestValidationLoss: Double?
    /// The step of that loss.
    public var bestStep: Int?
    /// The validation loss of the best constant prediction, where it is known.
    public var baselineLoss: Double?
    /// Steps done.
    public var steps: Int
    /// Seconds of training, of this attempt.
    public var trainingTimeSeconds: Double

    /// A result of its parts.
    public init(
        modelURI: String,
        modelName: String,
        modelVersion: Int,
        finalLoss: Double?,
        initialLoss: Double?,
        bestValidationLoss: Double?,
        bestStep: Int?,
        baselineLoss: Double?,
        steps: Int,
        trainingTimeSeconds: Double
    ) {
        self.modelURI = modelURI
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.finalLoss = finalLoss
        self.initialLoss = initialLoss
        self.bestValidationLoss = bestValidationLoss
        self.bestStep = bestStep
        self.baselineLoss = baselineLoss
        self.steps = steps
        self.trainingTimeSeconds = trainingTimeSeconds
    }
}

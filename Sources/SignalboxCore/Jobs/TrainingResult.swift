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
    /// The part of the validation steps whose class was predicted right, from 0 to 1; nil of a model without classes,
    /// as the next three.
    public var validationAccuracy: Double?
    /// How many classes the predicted ones were off by, on average.
    public var validationMeanAbsoluteError: Double?
    /// The accuracy of always saying the most frequent class.
    public var baselineAccuracy: Double?
    /// The mean absolute error of always saying the median class.
    public var baselineMeanAbsoluteError: Double?
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
        validationAccuracy: Double? = nil,
        validationMeanAbsoluteError: Double? = nil,
        baselineAccuracy: Double? = nil,
        baselineMeanAbsoluteError: Double? = nil,
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
        self.validationAccuracy = validationAccuracy
        self.validationMeanAbsoluteError = validationMeanAbsoluteError
        self.baselineAccuracy = baselineAccuracy
        self.baselineMeanAbsoluteError = baselineMeanAbsoluteError
        self.steps = steps
        self.trainingTimeSeconds = trainingTimeSeconds
    }
}

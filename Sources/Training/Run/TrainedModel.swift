/// How a run ended.
public enum TrainingOutcome: Sendable {
    /// All steps are done.
    case completed(TrainedModel)
    /// It was asked to stop; all steps done were given to the observer as a checkpoint.
    case stopped
}

/// What a run made.
public struct TrainedModel: Sendable {
    /// Steps done, those before a resumption included.
    public let steps: Int
    /// The training loss of the first step.
    public let initialLoss: Double
    /// The training loss of the last step.
    public let finalLoss: Double
    /// The lowest validation loss.
    public let bestValidationLoss: Double
    /// The step that it was measured after.
    public let bestStep: Int
    /// The validation loss of the best constant: the mean action, or the shares of the classes.
    public let baselineLoss: Double
    /// How good the classes are that the exported parameters predict; nil of a model without classes.
    public let classes: ClassFigures?
    /// How good the best constant classes are.
    public let baselineClasses: ClassFigures?
    /// The parameters after the best step, in the program's order: what is to be exported.
    public let parameters: [Tensor]
    /// How many batch losses were measured since the start or resumption.
    public let lossesMeasured: Int
    /// What checkpoints have cost since then.
    public let checkpointing: CheckpointOverhead
}

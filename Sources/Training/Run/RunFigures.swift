/// What was measured of a run; what was not is nil.
struct RunFigures: Sendable, Equatable {
    /// Steps done.
    var steps = 0
    /// The training loss of the first step.
    var initialLoss: Double?
    /// The training loss of the last step.
    var finalLoss: Double?
    /// The lowest validation loss.
    var bestValidationLoss: Double?
    /// The step that it was measured after.
    var bestStep: Int?
    /// The validation loss of the best constant prediction.
    var baselineLoss: Double?
    /// How good the predicted classes are on the validation steps.
    var classes: ClassFigures?
    /// How good the best constant classes are.
    var baselineClasses: ClassFigures?
    /// What its checkpoints have cost in the attempt that ended it.
    var checkpointing: CheckpointOverhead?
}

extension RunFigures {
    /// An engine measures all of them.
    init(_ model: TrainedModel) {
        self.init(
            steps: model.steps,
            initialLoss: model.initialLoss,
            finalLoss: model.finalLoss,
            bestValidationLoss: model.bestValidationLoss,
            bestStep: model.bestStep,
            baselineLoss: model.baselineLoss,
            classes: model.classes,
            baselineClasses: model.baselineClasses,
            checkpointing: model.checkpointing
        )
    }
}

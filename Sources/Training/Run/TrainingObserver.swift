/// Who follows a run: keeps its checkpoints, writes its curves, and may ask it to stop.
///
/// An error thrown ends the run with it.
public protocol TrainingObserver: Sendable {
    /// A step is done.
    func didTrain(_ progress: TrainingProgress) async throws

    /// An epoch is done and measured.
    func didValidate(_ point: ValidationPoint) async throws

    /// Here is what a run can be continued from. The run waits for the answer only, not for the checkpoint to be kept.
    func didCheckpoint(_ checkpoint: TrainingCheckpoint) async throws

    /// Asked before every step, every part of a batch in several and every batch of a validation, from whatever thread;
    /// true makes the run give a checkpoint of the last whole step and end.
    func stopRequested() -> Bool
}

/// How far a run is.
public struct TrainingProgress: Sendable, Equatable {
    /// Steps done, this one included.
    public let step: Int
    /// Steps that the run has.
    public let totalSteps: Int
    /// The epoch of this step, counted from 1.
    public let epoch: Int
    /// The loss of this step's batch.
    public let loss: Double
}

/// Losses at the end of an epoch.
public struct ValidationPoint: Sendable, Equatable {
    /// Steps done.
    public let step: Int
    /// Epochs done.
    public let epoch: Int
    /// The mean of the losses of the epoch's batches.
    public let trainingLoss: Double
    /// The loss over the validation steps.
    public let validationLoss: Double
    /// How good the predicted classes are on those; nil of a model without classes.
    public let classes: ClassFigures?
}

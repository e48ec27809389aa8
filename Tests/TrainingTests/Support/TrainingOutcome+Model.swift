@testable import Training

extension TrainingOutcome {
    /// The model of a run that has done all its steps; nil of one that was stopped.
    var model: TrainedModel? {
        guard case .completed(let model) = self else { return nil }
        return model
    }
}

/// What a run knows beside the engine's state: kept in checkpoints, so that a resumed run ends like one never stopped.
struct RunState: Sendable, Equatable {
    /// The parameters of the best validation step.
    struct Best: Sendable, Equatable {
        let step: Int
        let validationLoss: Double
        let classes: ClassFigures?
        let parameters: [Tensor]
    }

    /// Steps done; with the batches of an epoch it gives the place in the order of the data (``DataPosition``).
    var step = 0
    /// Steps done at the end of the last epoch that was measured: fewer than ``step`` at an epoch's end where the run
    /// was stopped while it was measured.
    var validatedStep = 0
    /// The sum of the batch losses of the epoch under way.
    var epochLossSum = 0.0
    /// The first batch's loss.
    var initialLoss = 0.0
    /// The last batch's loss.
    var finalLoss = 0.0
    var best: Best?
}

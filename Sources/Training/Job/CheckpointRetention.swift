/// A checkpoint that is kept.
struct KeptCheckpoint: Sendable, Equatable {
    /// Steps done.
    let step: Int
    /// What the names of its two objects share.
    let stem: String
    /// What was measured last on the validation steps, where a checkpoint does not hold its run's best parameters.
    let validationLoss: Double?
}

/// Which checkpoints of a run stay.
enum CheckpointRetention {
    /// The newest that stay, beside the best.
    static let newestMax = 3

    /// The checkpoints of a run, the newest last, that may go: all but the last three and the one with the lowest
    /// validation loss, of equal ones the first.
    static func superseded(_ run: [KeptCheckpoint]) -> [KeptCheckpoint] {
        let losses = run.compactMap { kept in kept.validationLoss.map { (kept, $0) } }
        let best = losses.min { $0.1 < $1.1 }?.0
        let older = run.dropLast(newestMax)
        return older.filter { $0 != best }
    }
}

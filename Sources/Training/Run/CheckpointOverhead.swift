/// How long checkpoints, and the copies of the best parameters that they hold, kept a run from training, since it was
/// started or gone on with; their upload goes on beside it.
public struct CheckpointOverhead: Sendable, Equatable, CustomStringConvertible {
    /// Seconds without a step.
    public let seconds: Double
    /// Their part of the run's time, from 0 to 1.
    public let share: Double

    /// One line for the log.
    public var description: String {
        let percent = ProgressReport.rounded(share * 100)
        return "checkpoints kept it from training for \(ProgressReport.rounded(seconds)) s, \(percent) %"
    }
}

/// The statuses with which `trainer` ends (sysexits(3)).
public enum TrainerExit {
    /// Completed, or the job is another attempt's by now.
    public static let done = 0
    /// The job failed.
    public static let failed = 1
    /// The stores cannot be reached.
    public static let unavailable = 69
    /// Stopped in order; a checkpoint is kept.
    public static let preempted = 75
    /// A setting is missing or malformed.
    public static let configuration = 78
}

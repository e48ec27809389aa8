/// Where a run stands: the `status` of a run record, and what trackers are told at the end.
public enum RunStatus: String, Sendable, CaseIterable {
    /// Under way.
    case running
    /// The model is registered, or is about to be.
    case completed
    /// Stopped in order; another attempt goes on.
    case preempted
    /// Over without a result; another attempt may follow.
    case ended
    /// The job failed for good.
    case failed
    /// It ended without a word, and a later attempt found it so.
    case lost
}

public import SignalboxCore
import Synchronization

/// Asks an attempt to end: because its machine is taken back or its time is over, or because the document is not its
/// own any more.
public final class StopSignal: Sendable {
    private struct State {
        var cause: StopCause?
        var fence: JobDecision?

        var isRequested: Bool { cause != nil || fence != nil }
    }

    private let state = Mutex(State())

    /// Nobody has asked.
    public init() {}

    /// Checkpoint, then end; of several causes the first counts.
    public func request(_ cause: StopCause) { state.withLock { $0.cause = $0.cause ?? cause } }

    /// End without another write: the document is not this attempt's.
    func fence(_ decision: JobDecision) {
        state.withLock { $0.fence = decision }
    }

    /// Whether somebody asked.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Why it is asked to checkpoint and end, if so.
    var cause: StopCause? { state.withLock { $0.cause } }

    /// Why no more may be written, if so.
    var fence: JobDecision? { state.withLock { $0.fence } }
}

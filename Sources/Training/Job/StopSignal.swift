import SignalboxCore
import Synchronization

/// Asks an attempt to end: because its machine is taken back, or because the document is not its own any more.
public final class StopSignal: Sendable {
    private struct State {
        var isRequested = false
        var fence: JobDecision?
    }

    private let state = Mutex(State())

    /// Nobody has asked.
    public init() {}

    /// Checkpoint, then end.
    public func request() { state.withLock { $0.isRequested = true } }

    /// End without another write: the document is not this attempt's.
    func fence(_ decision: JobDecision) {
        state.withLock { state in
            state.isRequested = true
            state.fence = decision
        }
    }

    /// Whether somebody asked.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Why no more may be written, if so.
    var fence: JobDecision? { state.withLock { $0.fence } }
}

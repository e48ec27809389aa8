import SignalboxCore
import SignalboxTesting
import Synchronization

/// Lets one call fail, counted over all operations of all stores that share the switch.
final class FaultSwitch: Sendable {
    private struct State {
        var calls = 0
        var failing: Int?
        var isAfter = false
    }

    private let state = Mutex(State())

    /// Calls since the switch was set.
    var callCount: Int { state.withLock { $0.calls } }

    /// Counts from here, and lets that call fail; nil: none.
    func set(failing call: Int?, after: Bool = false) {
        state.withLock { $0 = State(calls: 0, failing: call, isAfter: after) }
    }

    /// A plan that follows the switch.
    var plan: FaultPlan {
        FaultPlan { operation, _ in
            self.state.withLock { state in
                state.calls += 1
                guard state.calls == state.failing else { return nil }
                let error = StoreError(.unavailable, "planned fault of \(operation)")
                return state.isAfter ? .after(error) : .before(error)
            }
        }
    }
}

import Synchronization

/// Hands out the schedules' numbers to those who run them.
final class ScheduleCounter: Sendable {
    private let state: Mutex<(next: Int, limit: Int)>

    init(limit: Int) { state = Mutex((0, limit)) }

    /// The next number; nil when there is none.
    func take() -> Int? {
        state.withLock { state in
            guard state.next < state.limit else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// No further numbers.
    func stop() { state.withLock { $0.limit = $0.next } }
}

import Synchronization
public import Wire

/// A clock that stands still until a test moves it.
public final class ManualClock: Clock, Sendable {
    private struct Sleeper {
        let wakeAt: Timestamp
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var time: Timestamp
        var sleepers: [Int: Sleeper] = [:]
        var nextID = 0
    }

    private let state: Mutex<State>
    private let skipsSleep: Bool

    /// A clock that shows a time.
    ///
    /// - Parameter skipsSleep: whether a sleep moves the clock on at once instead of waiting for ``advance(by:)``.
    public init(_ time: Timestamp = Timestamp(seconds: 1_780_000_000), skipsSleep: Bool = false) {
        state = Mutex(State(time: time))
        self.skipsSleep = skipsSleep
    }

    /// The time it shows.
    public func now() -> Timestamp { state.withLock { $0.time } }

    /// How many wait.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Moves the clock on and wakes who is due.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.time = state.time + duration
            let due = state.sleepers.filter { $0.value.wakeAt <= state.time }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.wakeAt < $1.wakeAt }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Waits until the clock was moved that far.
    public func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        guard !skipsSleep else { return advance(by: duration) }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isDue = state.withLock { state in
                    let wakeAt = state.time + duration
                    guard wakeAt > state.time, !Task.isCancelled else { return true }
                    state.sleepers[id] = Sleeper(wakeAt: wakeAt, continuation: continuation)
                    return false
                }
                guard isDue else { return }
                Task.isCancelled ? continuation.resume(throwing: CancellationError()) : continuation.resume()
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}

import Synchronization
import Wire

/// Work that is given so much time and no more.
enum Deadline {
    private enum State<Output: Sendable>: Sendable {
        case open
        case waiting(CheckedContinuation<Output?, Never>)
        case settled(Output?)
    }

    private final class Race<Output: Sendable>: Sendable {
        private let state = Mutex(State<Output>.open)

        /// The first offer counts.
        func offer(_ output: Output?) {
            let waiting = state.withLock { state -> CheckedContinuation<Output?, Never>? in
                switch state {
                case .open: state = .settled(output)
                case .waiting(let continuation):
                    state = .settled(output)
                    return continuation
                case .settled: break
                }
                return nil
            }
            waiting?.resume(returning: output)
        }

        func first() async -> Output? {
            await withCheckedContinuation { continuation in
                let settled = state.withLock { state -> Output?? in
                    if case .settled(let output) = state { return .some(output) }
                    state = .waiting(continuation)
                    return nil
                }
                if let settled { continuation.resume(returning: settled) }
            }
        }
    }

    /// What the work gives, or nil when the time is up first; the work is then cancelled and nobody waits for it.
    static func run<Output: Sendable>(
        seconds: Int,
        clock: any Clock,
        _ work: @escaping @Sendable () async -> Output
    ) async -> Output? {
        let race = Race<Output>()
        let working = Task { race.offer(await work()) }
        let timing = Task {
            // A sleep that is cancelled means that the work has won.
            guard (try? await clock.sleep(for: .seconds(seconds))) != nil else { return }
            race.offer(nil)
        }
        let output = await race.first()
        working.cancel()
        timing.cancel()
        return output
    }
}

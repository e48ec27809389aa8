import Synchronization
import Wire

/// Wakes the one who waits; a signal that comes before is not lost.
final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the waiter, or the next one.
    func raise() {
        let waiter = state.withLock { state in
            let waiter = state.waiter.take()
            if waiter == nil { state.isRaised = true }
            return waiter
        }
        waiter?.resume()
    }

    /// Returns at the signal, or when the task is cancelled.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard !state.isRaised, !Task.isCancelled else {
                        state.isRaised = false
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume()
        }
    }

    /// Returns at the signal, at a time, or when the task is cancelled.
    func wait(until time: Timestamp?, clock: any Clock) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            if let time {
                group.addTask { try? await clock.sleep(for: max(.zero, time - clock.now())) }
            }
            await group.next()
            group.cancelAll()
        }
    }
}

import CloudEvents
import FunctionServer
import Synchronization
import Wire

/// Log lines as they were written.
final class CapturedLog: Sendable {
    private let captured = Mutex<[String]>([])

    var lines: [JSON] { captured.withLock { lines in lines.compactMap { try? JSON(parsing: $0) } } }

    var log: EventLog { EventLog(clock: FixedClock(), labels: ["function": "test"]) { self.append($0) } }

    private func append(_ line: String) { captured.withLock { $0.append(line) } }
}

/// Always the same time; sleeps end when the clock is told to, or with their task.
struct FixedClock: Clock {
    private let alarm = Alarm()

    func now() -> Timestamp { Timestamp(seconds: 1_795_229_527, nanoseconds: 379_000_000) }

    func sleep(for duration: Duration) async throws { try await alarm.wait() }

    /// Ends all sleeps, those to come as well.
    func ring() { alarm.ring() }
}

/// What several tasks wait for until it rings, or until they are cancelled.
final class Alarm: Sendable {
    private struct State {
        var hasRung = false
        var nextID = 0
        var cancelled: Set<Int> = []
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    func ring() {
        let waiting = state.withLock { state in
            state.hasRung = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.hasRung || state.cancelled.contains(id) { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.cancelled.insert(id)
                return state.waiting.removeValue(forKey: id)
            }
            waiting?.resume()
        }
        try Task.checkCancellation()
    }
}

/// A handler of one closure.
struct ClosureHandler: EventHandler {
    let body: @Sendable (IncomingEvent, EventLog) async -> EventAnswer

    init(_ body: @escaping @Sendable (IncomingEvent, EventLog) async -> EventAnswer) { self.body = body }

    func handle(_ event: IncomingEvent, log: EventLog) async -> EventAnswer { await body(event, log) }
}

/// A value that one task sets and another waits for.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    func wait() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }
}

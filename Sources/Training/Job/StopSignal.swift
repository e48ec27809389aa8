public import SignalboxCore
import Synchronization

/// Asks an attempt to end: because its machine is taken back or its time is over, or because the document is not its
/// own any more. Some time later the time is over that whoever asked leaves: what is on its way to the stores then is
/// given up, for the rest is needed to say so.
public final class StopSignal: Sendable {
    /// What happens once.
    private enum Moment {
        case asked, timeOver, fenced
    }

    private struct State {
        var causes: [StopCause] = []
        var fence: JobDecision?
        var isTimeOver = false
        /// What is to be ended with the run, by number.
        var cancellations: [Int: (at: Moment, cancel: @Sendable () -> Void)] = [:]
        var nextID = 0

        var isRequested: Bool { !causes.isEmpty || fence != nil }

        func hasCome(_ moment: Moment) -> Bool {
            switch moment {
            case .asked: isRequested
            case .timeOver: isTimeOver
            case .fenced: fence != nil
            }
        }

        mutating func takeDue() -> [@Sendable () -> Void] {
            let due = cancellations.filter { hasCome($0.value.at) }
            for id in due.keys { cancellations[id] = nil }
            return due.values.map(\.cancel)
        }
    }

    private let state = Mutex(State())

    /// Nobody has asked.
    public init() {}

    /// Checkpoint, then end; of several causes the first counts.
    public func request(_ cause: StopCause) {
        change { state in
            if !state.causes.contains(cause) { state.causes.append(cause) }
        }
    }

    /// End without another write: the document is not this attempt's.
    func fence(_ decision: JobDecision) { change { $0.fence = decision } }

    /// Give up what is on its way to the stores.
    func endTime() { change { $0.isTimeOver = true } }

    /// Whether somebody asked.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Why it is asked to checkpoint and end, if so.
    public var cause: StopCause? { state.withLock { $0.causes.first } }

    /// All that it was asked for, in that order.
    var causes: [StopCause] { state.withLock { $0.causes } }

    /// Why no more may be written, if so.
    var fence: JobDecision? { state.withLock { $0.fence } }

    /// Whether the time to checkpoint and upload is over.
    var isTimeOver: Bool { state.withLock { $0.isTimeOver } }

    /// Waits until somebody asks, or the task is cancelled.
    func requested() async {
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        let id = add(.asked) { continuation.finish() }
        for await _ in asked {}
        remove(id)
    }

    /// Runs what leaves nothing to checkpoint, as a task that is cancelled once somebody asks to end.
    ///
    /// - Throws: ``Interrupted`` where somebody has asked by then; what the body throws.
    public func cancelling<Output: Sendable>(
        _ body: @escaping @Sendable () async throws -> Output
    ) async throws -> Output {
        guard !isRequested else { throw Interrupted() }
        let result = await result(of: body, until: .asked)
        guard !isRequested else { throw Interrupted() }
        return try result.get()
    }

    /// Runs what brings something to the stores, as a task that is cancelled once there is no more time for it.
    ///
    /// - Throws: ``OutOfTime`` where it did not come to its end in time; what the body throws.
    func inTime<Output: Sendable>(_ body: @escaping @Sendable () async throws -> Output) async throws -> Output {
        guard !isTimeOver else { throw OutOfTime() }
        let result = await result(of: body, until: .timeOver)
        if case .failure = result, isTimeOver { throw OutOfTime() }
        return try result.get()
    }

    /// Runs what only the document's own attempt may do, as a task that is cancelled once the document is another's.
    ///
    /// - Throws: ``Fenced`` where it is another's by the end; what the body throws.
    func whileOwn<Output: Sendable>(_ body: @escaping @Sendable () async throws -> Output) async throws -> Output {
        if let fence { throw Fenced(decision: fence) }
        let result = await result(of: body, until: .fenced)
        if let fence { throw Fenced(decision: fence) }
        return try result.get()
    }

    private func result<Output: Sendable>(
        of body: @escaping @Sendable () async throws -> Output,
        until moment: Moment
    ) async -> Result<Output, any Error> {
        let work = Task(operation: body)
        let id = add(moment) { work.cancel() }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        remove(id)
        return result
    }

    private func add(_ moment: Moment, _ cancellation: @escaping @Sendable () -> Void) -> Int {
        let (id, isLate) = state.withLock { state in
            state.nextID += 1
            guard !state.hasCome(moment) else { return (state.nextID, true) }
            state.cancellations[state.nextID] = (moment, cancellation)
            return (state.nextID, false)
        }
        if isLate { cancellation() }
        return id
    }

    private func remove(_ id: Int) { state.withLock { $0.cancellations[id] = nil } }

    private func change(_ body: (inout State) -> Void) {
        let cancellations = state.withLock { state in
            body(&state)
            return state.takeDue()
        }
        for cancel in cancellations { cancel() }
    }
}

/// Somebody asked the attempt to end before it had anything to checkpoint.
public struct Interrupted: Error {}

/// The time is over that whoever ends the attempt leaves for what goes to the stores.
struct OutOfTime: Error {}

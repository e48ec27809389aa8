public import SignalboxCore
import Synchronization

/// Asks an attempt to end: because its machine is taken back or its time is over, or because the document is not its
/// own any more.
public final class StopSignal: Sendable {
    private struct State {
        var cause: StopCause?
        var fence: JobDecision?
        /// What is to be ended with the run, by number.
        var cancellations: [Int: @Sendable () -> Void] = [:]
        var nextID = 0

        var isRequested: Bool { cause != nil || fence != nil }

        mutating func takeCancellations() -> [@Sendable () -> Void] {
            defer { cancellations = [:] }
            return Array(cancellations.values)
        }
    }

    private let state = Mutex(State())

    /// Nobody has asked.
    public init() {}

    /// Checkpoint, then end; of several causes the first counts.
    public func request(_ cause: StopCause) { change { $0.cause = $0.cause ?? cause } }

    /// End without another write: the document is not this attempt's.
    func fence(_ decision: JobDecision) { change { $0.fence = decision } }

    /// Whether somebody asked.
    var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Why it is asked to checkpoint and end, if so.
    var cause: StopCause? { state.withLock { $0.cause } }

    /// Why no more may be written, if so.
    var fence: JobDecision? { state.withLock { $0.fence } }

    /// Runs what leaves nothing to checkpoint, as a task that is cancelled once somebody asks to end.
    ///
    /// - Throws: ``Interrupted`` where somebody has asked by then; what the body throws.
    func cancelling<Output: Sendable>(
        _ body: @escaping @Sendable () async throws -> Output
    ) async throws -> Output {
        guard !isRequested else { throw Interrupted() }
        let work = Task(operation: body)
        let id = add { work.cancel() }
        let result = await work.result
        state.withLock { $0.cancellations[id] = nil }
        guard !isRequested else { throw Interrupted() }
        return try result.get()
    }

    private func add(_ cancellation: @escaping @Sendable () -> Void) -> Int {
        let (id, isLate) = state.withLock { state in
            state.nextID += 1
            guard !state.isRequested else { return (state.nextID, true) }
            state.cancellations[state.nextID] = cancellation
            return (state.nextID, false)
        }
        if isLate { cancellation() }
        return id
    }

    private func change(_ body: (inout State) -> Void) {
        let cancellations = state.withLock { state in
            body(&state)
            return state.takeCancellations()
        }
        for cancel in cancellations { cancel() }
    }
}

/// Somebody asked the attempt to end before it had anything to checkpoint.
struct Interrupted: Error {}

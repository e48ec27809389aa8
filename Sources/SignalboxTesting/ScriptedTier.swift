public import SignalboxCore
import Synchronization

/// Compute in memory: runs do what a test says, and calls fail as a plan says.
///
/// A run's name is unique, as ``ComputeTier`` asks: launching a known name answers with the run there is.
public final class ScriptedTier: ComputeTier, Sendable {
    /// What happens to a call.
    public enum Fault: Sendable {
        /// It fails and does nothing.
        case before(TierError)
        /// It is done and fails all the same: its answer is lost.
        case after(TierError)
    }

    /// A run that was started.
    public struct Run: Sendable, Equatable {
        /// What was to be run.
        public let order: RunOrder
        /// What the tier calls it.
        public let handle: String
        /// What the tier says of it.
        public var state: RunState
        /// Whether somebody asked to stop it.
        public var isCancelled: Bool
    }

    private struct State {
        var runs: [Run] = []
        var calls: [String: Int] = [:]
    }

    /// The tier's name in configs and documents.
    public let name: String
    private let endsOnCancel: Bool
    private let decide: @Sendable (_ operation: String, _ call: Int) -> Fault?
    private let state = Mutex(State())

    /// A tier without runs.
    ///
    /// - Parameters:
    ///   - endsOnCancel: whether a run that is cancelled is over at once.
    ///   - faults: by operation (`launch`, `find`, `inspect`, `cancel`, `runs`) and the operation's count of calls from
    ///     1.
    public init(
        name: String = "scripted",
        endsOnCancel: Bool = true,
        faults: @escaping @Sendable (_ operation: String, _ call: Int) -> Fault? = { _, _ in nil }
    ) {
        self.name = name
        self.endsOnCancel = endsOnCancel
        decide = faults
    }

    /// All runs in the order in which they were started.
    public var started: [Run] { state.withLock { $0.runs } }

    /// How often an operation was called.
    public func callCount(_ operation: String) -> Int { state.withLock { $0.calls[operation, default: 0] } }

    /// Makes the tier say that of a run from now on; a run that is `gone` is not found by its name either.
    public func set(_ runState: RunState, of handle: String) {
        state.withLock { state in
            for index in state.runs.indices where state.runs[index].handle == handle {
                state.runs[index].state = runState
            }
        }
    }

    /// See the protocol.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        try run("launch") { state in
            if let known = state.runs.first(where: { $0.order.name == order.name && $0.state != .gone }) {
                return known.handle
            }
            let handle = "\(order.name)/\(state.runs.count + 1)"
            state.runs.append(Run(order: order, handle: handle, state: .starting, isCancelled: false))
            return handle
        }
    }

    /// See the protocol.
    public func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        try run("find") { state in
            let runs = state.runs.filter { $0.order.name == runName && $0.state != .gone }
            return (runs.first(where: \.state.isAlive) ?? runs.first)?.handle
        }
    }

    /// See the protocol.
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        try run("inspect") { state in state.runs.first { $0.handle == handle }?.state ?? .gone }
    }

    /// See the protocol. A trainer that was asked to stop ends at once, unless a test says otherwise.
    public func cancel(_ handle: String) async throws(TierError) {
        try run("cancel") { state in
            for index in state.runs.indices where state.runs[index].handle == handle {
                state.runs[index].isCancelled = true
                guard endsOnCancel, state.runs[index].state.isAlive else { continue }
                state.runs[index].state = .ended(detail: "cancelled")
            }
        }
    }

    /// See the protocol.
    public func runs() async throws(TierError) -> [TierRun] {
        try run("runs") { state in
            state.runs.filter(\.state.isAlive).map { TierRun(name: $0.order.name, handle: $0.handle, state: $0.state) }
        }
    }

    private func run<Result: Sendable>(
        _ operation: String,
        _ body: (inout State) -> Result
    ) throws(TierError) -> Result {
        let call = state.withLock { state in
            state.calls[operation, default: 0] += 1
            return state.calls[operation, default: 0]
        }
        let fault = decide(operation, call)
        if case .before(let error) = fault { throw error }
        let result = state.withLock { state in body(&state) }
        if case .after(let error) = fault { throw error }
        return result
    }
}

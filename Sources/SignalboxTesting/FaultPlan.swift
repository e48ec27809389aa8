import Synchronization
public import SignalboxCore
import Wire

/// Which calls of a store fail, and whether they take effect all the same.
public final class FaultPlan: Sendable {
    /// What happens to a call.
    public enum Fault: Sendable {
        /// It fails and does nothing.
        case before(StoreError)
        /// It is done and fails all the same: its answer is lost.
        case after(StoreError)
    }

    private let decide: @Sendable (_ operation: String, _ call: Int) -> Fault?
    private let calls = Mutex<[String: Int]>([:])

    /// A plan by operation (`commit`, `write` …) and by the operation's count of calls from 1.
    public init(_ decide: @escaping @Sendable (_ operation: String, _ call: Int) -> Fault?) { self.decide = decide }

    /// Nothing fails.
    public static var none: FaultPlan { FaultPlan { _, _ in nil } }

    /// A share of all calls fails, half of them after taking effect; the seed replays which.
    public static func random(seed: UInt64, share: Double) -> FaultPlan {
        let random = SeededRandomSource(seed: seed)
        return FaultPlan { operation, call in
            guard random.unit() < share else { return nil }
            let error = StoreError(.unavailable, "planned fault of \(operation) call \(call)")
            return random.unit() < 0.5 ? .before(error) : .after(error)
        }
    }

    /// How often an operation was called.
    public func callCount(_ operation: String) -> Int { calls.withLock { $0[operation, default: 0] } }

    func run<Result: Sendable>(
        _ operation: String,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let call = calls.withLock { calls in
            calls[operation, default: 0] += 1
            return calls[operation, default: 0]
        }
        switch decide(operation, call) {
        case .before(let error): throw error
        case .after(let error):
            // Whatever the answer was, an error too: nobody hears it.
            _ = try? await body()
            throw error
        case nil: return try await body()
        }
    }
}

import SignalboxCore
import SignalboxTesting
import Synchronization
import Wire

/// A memory store that fails as a plan says and remembers every state that a document was in.
final class ObservedDocuments: DocumentStore, Sendable {
    /// The store beneath, without faults.
    let base: MemoryDocumentStore
    private let faults: @Sendable (_ operation: String) -> FaultPlan.Fault?
    private let states = Mutex<[(time: Timestamp, path: String, fields: [String: DocumentValue])]>([])

    init(
        base: MemoryDocumentStore,
        faults: @escaping @Sendable (_ operation: String) -> FaultPlan.Fault?
    ) {
        self.base = base
        self.faults = faults
    }

    convenience init(
        clock: any Clock,
        faults: @escaping @Sendable (_ operation: String) -> FaultPlan.Fault? = { _ in nil }
    ) {
        self.init(base: MemoryDocumentStore(clock: clock), faults: faults)
    }

    /// The first commits lose against other writers.
    static func losing(races: Int, code: StoreError.Code, base: MemoryDocumentStore) -> ObservedDocuments {
        let left = Mutex(races)
        return ObservedDocuments(base: base) { operation in
            guard operation == "commit" else { return nil }
            return left.withLock { left in
                guard left > 0 else { return nil }
                left -= 1
                return .before(StoreError(code, "another writer came first"))
            }
        }
    }

    /// A share of all calls fails, half of them after taking effect.
    convenience init(clock: any Clock, seed: UInt64, share: Double) {
        let random = SeededRandomSource(seed: seed)
        self.init(clock: clock) { operation in
            guard random.unit() < share else { return nil }
            let error = StoreError(.unavailable, "planned fault of \(operation)")
            return random.unit() < 0.5 ? .before(error) : .after(error)
        }
    }

    /// The states that were written to a document, oldest first; fields beside the mask are not known.
    func history(of path: String) -> [[String: DocumentValue]] {
        states.withLock { $0.filter { $0.path == path }.sorted { $0.time < $1.time }.map(\.fields) }
    }

    func read(_ path: String) async throws(StoreError) -> DocumentRead {
        try await run("read") { () throws(StoreError) in try await base.read(path) }
    }

    func commit(_ writes: [DocumentWrite]) async throws(StoreError) -> CommitResult {
        try await run("commit") { () throws(StoreError) in
            let result = try await base.commit(writes)
            for (write, time) in zip(writes, result.updateTimes) {
                guard case .set(let fields, _, _) = write.operation else { continue }
                states.withLock { $0.append((time, write.path, fields)) }
            }
            return result
        }
    }

    func query(_ query: DocumentQuery) async throws(StoreError) -> DocumentPage {
        try await run("query") { () throws(StoreError) in try await base.query(query) }
    }

    private func run<Result: Sendable>(
        _ operation: String,
        _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let fault = faults(operation)
        if case .before(let error) = fault { throw error }
        if case .after(let error) = fault {
            _ = try? await body()
            throw error
        }
        return try await body()
    }
}

extension ObservedDocuments {
    /// The job as it is beneath all faults.
    func job(_ id: String) async throws -> Job? {
        try await base.get(Job.path(of: id)).map { try Job($0) }
    }

    /// What must hold of the states that a job went through.
    func problems(of id: String) -> [String] {
        let states = history(of: Job.path(of: id))
        var problems: [String] = []
        for (old, new) in zip(states, states.dropFirst()) where new["updated_at"] != nil {
            guard case .timestamp(let before) = old["updated_at"], case .timestamp(let after) = new["updated_at"],
                case .integer(let attempt) = old["attempt"], case .integer(let next) = new["attempt"],
                case .string(let from) = old["phase"], case .string(let to) = new["phase"],
                let phase = Job.Phase(rawValue: from), let nextPhase = Job.Phase(rawValue: to)
            else { continue }
            if before >= after { problems.append("updated_at \(before) then \(after)") }
            if old["created_at"] != new["created_at"] { problems.append("created_at changed") }
            if phase != nextPhase, !JobLifecycle.edges.contains(where: { $0.from == phase && $0.to == nextPhase }) {
                problems.append("\(from) then \(to)")
            }
            if next != attempt, next != attempt + 1 || phase != .pending || nextPhase != .launching {
                problems.append("attempt \(attempt) then \(next) from \(from) to \(to)")
            }
        }
        return problems
    }
}

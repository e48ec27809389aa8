import SignalboxCore
import SignalboxTesting
import Synchronization

/// A tier whose list of runs a test writes, and that remembers what was cancelled.
final class ListedTier: ComputeTier, Sendable {
    let name: String
    private let listed: [TierRun]
    private let faults: @Sendable (_ operation: String) -> TierError?
    private let cancels = Mutex<[String]>([])

    init(
        _ listed: [TierRun],
        name: String = "listed",
        faults: @escaping @Sendable (_ operation: String) -> TierError? = { _ in nil }
    ) {
        self.listed = listed
        self.name = name
        self.faults = faults
    }

    /// The handles that somebody asked to stop, in order; one is listed all the same.
    var cancelled: [String] { cancels.withLock { $0 } }

    func launch(_ order: RunOrder) async throws(TierError) -> String {
        throw TierError(.capacity, "this tier only lists")
    }

    func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        if let error = faults("find") { throw error }
        let runs = listed.filter { $0.name == runName }
        return (runs.first(where: \.state.isAlive) ?? runs.first)?.handle
    }

    func inspect(_ handle: String) async throws(TierError) -> RunState {
        listed.first { $0.handle == handle }?.state ?? .gone
    }

    func cancel(_ handle: String) async throws(TierError) {
        if let error = faults("cancel") { throw error }
        cancels.withLock { $0.append(handle) }
    }

    func runs() async throws(TierError) -> [TierRun] {
        if let error = faults("runs") { throw error }
        return listed
    }
}

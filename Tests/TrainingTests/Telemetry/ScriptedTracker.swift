import SignalboxTesting
import Training
import Wire

/// A tracker that does what a test says.
actor ScriptedTracker: Tracker {
    nonisolated let name = "a test's tracker"

    private(set) var runs: [TrackedRun] = []
    private(set) var batches: [[MetricPoint]] = []
    private(set) var ending: RunStatus?
    private(set) var calls = 0
    private var failure: TrackerError?
    private var isHanging = false
    private let refusedName: String?

    init(failure: TrackerError? = nil, isHanging: Bool = false, refusing refusedName: String? = nil) {
        self.failure = failure
        self.isHanging = isHanging
        self.refusedName = refusedName
    }

    var points: [MetricPoint] { batches.flatMap { $0 } }

    func recover() { failure = nil }

    func open(_ run: TrackedRun) async throws(TrackerError) -> String {
        try await meet()
        runs.append(run)
        return "run-1"
    }

    func log(_ points: [MetricPoint], to run: String) async throws(TrackerError) {
        try await meet()
        if points.contains(where: { $0.name == refusedName }) { throw TrackerError(.refused, "a bad name") }
        batches.append(points)
    }

    func close(_ run: String, as status: RunStatus, at time: Timestamp) async throws(TrackerError) {
        try await meet()
        ending = status
    }

    private func meet() async throws(TrackerError) {
        calls += 1
        if isHanging {
            do { try await Task.sleep(for: .seconds(100_000)) } catch {
                throw TrackerError(.unreachable, "cancelled")
            }
        }
        if let failure { throw failure }
    }
}

/// What people are told.
actor Warnings {
    private(set) var all: [String] = []
    func add(_ message: String) { all.append(message) }
}

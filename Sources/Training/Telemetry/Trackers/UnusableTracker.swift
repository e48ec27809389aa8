public import Wire

/// A tracker that a setting asks for and the trainer cannot give: it says so once, as one that fails does.
public struct UnusableTracker: Tracker {
    /// What people call it.
    public let name: String
    private let problem: TrackerError

    /// - Parameter problem: what is wrong with the setting.
    public init(name: String, problem: TrackerError) {
        self.name = name
        self.problem = problem
    }

    /// Fails.
    public func open(_ run: TrackedRun) async throws(TrackerError) -> String { throw problem }
    /// Fails.
    public func log(_ points: [MetricPoint], to run: String) async throws(TrackerError) { throw problem }
    /// Fails.
    public func close(_ run: String, as status: RunStatus, at time: Timestamp) async throws(TrackerError) {
        throw problem
    }
}

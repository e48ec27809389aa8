public import Wire

/// A service that keeps the curves of many runs. It stands beside the training: nothing that it does ends or slows one.
///
/// Every call ends soon when its task is cancelled, and may be made again after it failed.
public protocol Tracker: Sendable {
    /// What people call it.
    var name: String { get }

    /// Opens a run, or the one again that another attempt of the job has opened.
    ///
    /// - Returns: what the tracker calls the run.
    func open(_ run: TrackedRun) async throws(TrackerError) -> String

    /// Takes numbers of a run, at most ``TrackerFeed/batchPointsMax``.
    func log(_ points: [MetricPoint], to run: String) async throws(TrackerError)

    /// Says how the attempt ended.
    func close(_ run: String, as status: RunStatus, at time: Timestamp) async throws(TrackerError)
}

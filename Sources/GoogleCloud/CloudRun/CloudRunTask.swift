public import Wire

/// A task of an execution: one run of the container
/// (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions.tasks).
public struct CloudRunTask: Sendable, Equatable {
    /// The container's exit status; nil where it runs, or ended without one.
    public let exitCode: Int?
    /// The signal that ended the container.
    public let signal: Int?
    /// What the service says of the last attempt.
    public let status: RPCStatus?

    /// Reads a task.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        let result = reader["lastAttemptResult"]
        exitCode = try result["exitCode"].optional?.int(in: 0...255)
        signal = try result["termSignal"].optional?.int(in: 0...255)
        status = try result["status"].optional.map { status throws(JSONTypeError) in try RPCStatus(status) }
    }
}

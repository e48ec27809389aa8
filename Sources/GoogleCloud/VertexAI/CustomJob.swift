public import Wire

/// A custom training job as Vertex AI shows it.
public struct CustomJob: Sendable, Equatable {
    /// Where a job stands
    /// (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/JobState).
    public enum State: String, Sendable, CaseIterable {
        /// The state is not known, or one that came after this was written.
        case unspecified = "JOB_STATE_UNSPECIFIED"
        /// Created; waits for quota.
        case queued = "JOB_STATE_QUEUED"
        /// Its machines are being made.
        case pending = "JOB_STATE_PENDING"
        /// Its workers run.
        case running = "JOB_STATE_RUNNING"
        /// Over, and well.
        case succeeded = "JOB_STATE_SUCCEEDED"
        /// Over with an error.
        case failed = "JOB_STATE_FAILED"
        /// Its workers are asked to stop.
        case cancelling = "JOB_STATE_CANCELLING"
        /// Over because somebody asked for it.
        case cancelled = "JOB_STATE_CANCELLED"
        /// Stopped, to be resumed.
        case paused = "JOB_STATE_PAUSED"
        /// Over because it waited or ran too long.
        case expired = "JOB_STATE_EXPIRED"
        /// Running, while something of it is changed.
        case updating = "JOB_STATE_UPDATING"
        /// Over with a part of its results.
        case partiallySucceeded = "JOB_STATE_PARTIALLY_SUCCEEDED"

        /// The states that no job leaves.
        public static let final: Set<State> = [.succeeded, .failed, .cancelled, .expired, .partiallySucceeded]
    }

    /// The collections of a job's name.
    public static func resourceName(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "locations", "customJobs")
    }

    /// `projects/P/locations/L/customJobs/J`, with the project's number.
    public let name: ResourceName
    /// Its labels.
    public let labels: [String: String]
    /// Where it stands.
    public let state: State
    /// Why it failed or was cancelled.
    public let error: RPCStatus?
    /// When it was created.
    public let created: Timestamp?
    /// When its workers first ran.
    public let started: Timestamp?
    /// When it was over.
    public let ended: Timestamp?

    /// Reads a job.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        name = try reader.name("a custom job", Self.resourceName)
        labels = try reader["labels"].texts()
        state = State(rawValue: try reader["state"].optional?.string() ?? "") ?? .unspecified
        error = try reader["error"].optional.map { status throws(JSONTypeError) in try RPCStatus(status) }
        created = try reader["createTime"].optional?.timestamp()
        started = try reader["startTime"].optional?.timestamp()
        ended = try reader["endTime"].optional?.timestamp()
    }
}

public import Wire

/// A job of Cloud Run as the service shows it: what is run, not the running of it.
public struct CloudRunJob: Sendable, Equatable {
    /// How the newest execution stands
    /// (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs#completionstatus).
    public enum CompletionStatus: String, Sendable, CaseIterable {
        /// Not known.
        case unspecified = "COMPLETION_STATUS_UNSPECIFIED"
        /// Over, and well.
        case succeeded = "EXECUTION_SUCCEEDED"
        /// Over with an error.
        case failed = "EXECUTION_FAILED"
        /// It runs.
        case running = "EXECUTION_RUNNING"
        /// It waits for what it runs on.
        case pending = "EXECUTION_PENDING"
        /// Over because somebody asked for it.
        case cancelled = "EXECUTION_CANCELLED"
    }

    /// The collections of a job's name.
    public static func resourceName(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "locations", "jobs")
    }

    /// `projects/P/locations/L/jobs/J`.
    public let name: ResourceName
    /// Its labels.
    public let labels: [String: String]
    /// The id of the newest execution; nil before the first.
    public let executionID: String?
    /// How the newest execution stands.
    public let completionStatus: CompletionStatus
    /// Whether the job itself came to be, and why not.
    public let terminalCondition: CloudRunCondition?

    /// Reads a job.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        name = try reader.name("a job", Self.resourceName)
        labels = try reader["labels"].texts()
        let execution = reader["latestCreatedExecution"]
        // The reference is an id, or a name whole.
        executionID = try execution["name"].optional?.string().split(separator: "/").last.map(String.init)
        let status = try execution["completionStatus"].optional?.string() ?? ""
        completionStatus = CompletionStatus(rawValue: status) ?? .unspecified
        terminalCondition = try reader["terminalCondition"].optional.map { condition throws(JSONTypeError) in
            try CloudRunCondition(condition)
        }
    }

    /// The name of the newest execution; nil before the first.
    public var executionName: ResourceName? {
        executionID.flatMap { CloudRunExecution.resourceName("\(name)/executions/\($0)") }
    }
}

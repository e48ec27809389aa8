public import Wire

/// An execution of a job of Cloud Run
/// (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions).
public struct CloudRunExecution: Sendable, Equatable {
    /// The collections of an execution's name.
    public static func resourceName(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "locations", "jobs", "executions")
    }

    /// When its first task started.
    public let started: Timestamp?
    /// When it was over.
    public let completed: Timestamp?
    /// How many tasks run.
    public let runningCount: Int
    /// How many tasks ended well.
    public let succeededCount: Int
    /// How many tasks failed.
    public let failedCount: Int
    /// How many tasks were cancelled.
    public let cancelledCount: Int
    /// How it is.
    public let conditions: [CloudRunCondition]
    /// Where its log is shown.
    public let logURL: String?

    /// Reads an execution.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        // What has no such name tells of something else.
        _ = try reader.name("an execution", Self.resourceName)
        started = try reader["startTime"].optional?.timestamp()
        completed = try reader["completionTime"].optional?.timestamp()
        runningCount = try reader["runningCount"].count()
        succeededCount = try reader["succeededCount"].count()
        failedCount = try reader["failedCount"].count()
        cancelledCount = try reader["cancelledCount"].count()
        conditions = try reader["conditions"].elements { condition throws(JSONTypeError) in
            try CloudRunCondition(condition)
        }
        logURL = try reader["logUri"].optional?.string()
    }

    /// The condition of that type.
    public func condition(_ type: String) -> CloudRunCondition? { conditions.first { $0.type == type } }
}

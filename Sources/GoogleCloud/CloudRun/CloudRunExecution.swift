public import Wire

/// An execution of a job of Cloud Run
/// (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.jobs.executions).
public struct CloudRunExecution: Sendable, Equatable {
    /// The collections of an execution's name.
    public static func resourceName(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "locations", "jobs", "executions")
    }

    /// `projects/P/locations/L/jobs/J/executions/E`.
    public let name: ResourceName
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
        guard let name = Self.resourceName(try reader["name"].string()) else {
            throw reader["name"].mismatch("the name of an execution", found: try reader["name"].string())
        }
        self.name = name
        started = try reader["startTime"].optional?.timestamp()
        completed = try reader["completionTime"].optional?.timestamp()
        runningCount = try reader["runningCount"].count()
        succeededCount = try reader["succeededCount"].count()
        failedCount = try reader["failedCount"].count()
        cancelledCount = try reader["cancelledCount"].count()
        var conditions: [CloudRunCondition] = []
        for condition in try reader["conditions"].elements() { conditions.append(try CloudRunCondition(condition)) }
        self.conditions = conditions
        logURL = try reader["logUri"].optional?.string()
    }

    /// The condition of that type.
    public func condition(_ type: String) -> CloudRunCondition? { conditions.first { $0.type == type } }
}

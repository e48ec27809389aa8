public import Wire

/// What a tracker is told of a run before its first number.
public struct TrackedRun: Sendable, Equatable {
    /// The job: all its attempts are one run of a tracker.
    public var jobID: String
    /// Which of its attempts this is.
    public var attempt: Int
    /// When the attempt began.
    public var startedAt: Timestamp
    /// The step that it goes on from; 0 where it begins.
    public var firstStep: Int
    /// The machine's name.
    public var host: String
    /// How it trains: the same in all attempts.
    public var parameters: [String: String]
    /// What it was made of and where it runs, by name.
    public var tags: [String: String]

    /// A run of its parts.
    public init(
        jobID: String,
        attempt: Int,
        startedAt: Timestamp,
        firstStep: Int = 0,
        host: String = "",
        parameters: [String: String] = [:],
        tags: [String: String] = [:]
    ) {
        self.jobID = jobID
        self.attempt = attempt
        self.startedAt = startedAt
        self.firstStep = firstStep
        self.host = host
        self.parameters = parameters
        self.tags = tags
    }
}

public import Wire

/// A call that is made at times, as Cloud Scheduler makes it.
public struct CronSchedule: Sendable, Equatable {
    /// The name under which the last call is remembered; the same over restarts, unique.
    public var name: String
    /// Five fields, UTC: minute, hour, day of month, month, day of week (crontab(5)).
    public var expression: String
    /// Where the call goes; while nil, none is made.
    public var url: String?
    /// What is sent: `{"task": "prune", "dry_run": false}`.
    public var body: JSON
    /// How long one call may take.
    public var timeoutSeconds: Int

    /// A schedule.
    public init(name: String, expression: String, url: String? = nil, body: JSON, timeoutSeconds: Int = 600) {
        self.name = name
        self.expression = expression
        self.url = url
        self.body = body
        self.timeoutSeconds = timeoutSeconds
    }

    /// The name under which calls wait in the outbox; no subscription's name has a slash.
    var receiver: String { "cron/" + name }
}

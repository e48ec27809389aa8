/// The rules of one function.
public protocol EventHandler: Sendable {
    /// Handles one event. The same event may come again, late, and before or beside others.
    ///
    /// The task is cancelled when the event's time is up. The server writes one log line for the answer, with its code
    /// and the texts `code`, `package_id`, `job_id` and `robot_id` of its detail as labels; `log` is for what else is
    /// worth a line.
    func handle(_ event: IncomingEvent, log: EventLog) async -> EventAnswer
}

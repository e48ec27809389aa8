import GRDB
import Wire

/// Puts the calls of schedules into the outbox when their time comes, each once, restarts or not.
///
/// Calls that were missed while nothing ran are made up for by one. A call is left out while the one before it still
/// waits to be taken.
struct CronRunner: Sendable {
    let store: Store
    let outbox: Outbox
    let clock: any Clock
    let log: @Sendable (JSON) -> Void
    /// Raised when the schedules have changed.
    let signal = Signal()

    private static let failurePause = Duration.seconds(60)

    /// Runs until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            var wake: Timestamp?
            do {
                for schedule in outbox.schedules where schedule.url != nil {
                    let next = try await fire(schedule)
                    wake = [wake, next].compactMap { $0 }.min()
                }
            } catch {
                guard !Task.isCancelled else { return }
                log(["severity": "ERROR", "message": .string("the schedules cannot be read: \(error)")])
                wake = clock.now() + Self.failurePause
            }
            await signal.wait(until: wake, clock: clock)
        }
    }

    /// Makes the call if it is due; returns when the next one is.
    private func fire(_ schedule: CronSchedule) async throws -> Timestamp? {
        let expression = try CronExpression(schedule.expression)
        let now = clock.now()
        try await store.write { database in
            let last = try Int64.fetchOne(
                database,
                sql: "SELECT last_fire FROM schedules WHERE name = ?",
                arguments: [schedule.name]
            )
            if let last {
                guard let due = expression.next(after: Timestamp(microseconds: last)), due <= now else { return }
                if try OutboxEntry.count(database, subscription: schedule.receiver) == 0 {
                    try outbox.add(Self.call(schedule, due: due, now: now), database)
                }
            }
            try database.execute(
                sql: """
                    INSERT INTO schedules VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last_fire = excluded.last_fire
                    """,
                arguments: [schedule.name, now.microseconds]
            )
        }
        return expression.next(after: now)
    }

    /// The call as Cloud Scheduler makes it
    /// (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget).
    private static func call(_ schedule: CronSchedule, due: Timestamp, now: Timestamp) -> OutboxEntry {
        OutboxEntry(
            subscription: schedule.receiver,
            eventID: "\(schedule.name)/\(due)",
            headers: HTTPHeaders([
                ("content-type", "application/json"),
                ("user-agent", "Google-Cloud-Scheduler"),
                ("x-cloudscheduler", "true"),
                ("x-cloudscheduler-jobname", schedule.name),
                ("x-cloudscheduler-scheduletime", due.description),
            ]),
            body: schedule.body.bytes,
            created: now,
            notBefore: now
        )
    }
}

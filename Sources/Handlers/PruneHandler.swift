public import CloudEvents
public import SignalboxCore
import Wire

/// Does the task that the schedule's body names.
public struct PruneHandler: EventHandler {
    /// How soon an undecided event may come again.
    static let tryAgainSeconds = 10
    /// Failures that an answer names; the log has all.
    private static let failuresMax = 20

    private let pruner: Pruner
    private let sweeper: Sweeper
    private let expired: ExpiredDocuments

    /// The handler of its three tasks.
    public init(pruner: Pruner, sweeper: Sweeper, expired: ExpiredDocuments) {
        self.pruner = pruner
        self.sweeper = sweeper
        self.expired = expired
    }

    /// Handles one event.
    public func handle(_ event: IncomingEvent, log: EventLog) async -> EventAnswer {
        guard case .scheduled(let body) = event else { return .ignored }
        let task: String
        let isDryRun: Bool
        do {
            let reader = JSONReader(body)
            task = try reader["task"].string()
            isDryRun = try reader["dry_run"].optional?.bool() ?? false
        } catch {
            return .unreadable(code: "event_malformed", message: "\(error)")
        }
        do {
            switch task {
            case "prune": return .done(try await prune(isDryRun: isDryRun, log))
            case "sweep": return try await sweep(isDryRun: isDryRun, log)
            case "announce": return .done(try await announce(isDryRun: isDryRun))
            default:
                let message = "/task: wanted announce, prune or sweep, found \(task)"
                return .unreadable(code: "task_unknown", message: message)
            }
        } catch {
            log.write(.warning, "\(task): \(error)")
            return .tryAgain(code: error.code.rawValue, afterSeconds: Self.tryAgainSeconds)
        }
    }

    private func prune(isDryRun: Bool, _ log: EventLog) async throws(StoreError) -> JSON {
        let plan = try await pruner.plan()
        let outcome = isDryRun ? Pruner.Outcome() : try await pruner.carryOut(plan)
        Self.write(outcome.failures, to: log)
        guard case .object(var members) = plan.json else { return plan.json }
        members["code"] = isDryRun ? "prune_planned" : "pruned"
        members["dry_run"] = .bool(isDryRun)
        members["removed"] = .integer(Int64(outcome.removed))
        members.merge(Self.members(of: outcome.failures)) { first, _ in first }
        return .object(members)
    }

    /// What could be done is done; the schedule is asked to come again soon where a store was away, and not where only
    /// people can help.
    private func sweep(isDryRun: Bool, _ log: EventLog) async throws(StoreError) -> EventAnswer {
        var report = try await sweeper.sweep(isDryRun: isDryRun)
        var forgotten = 0
        do throws(StoreError) { forgotten = try await expired.remove(isDryRun: isDryRun) } catch {
            report.failures.append(Sweeper.Report.Failure(subject: ExpiredDocuments.field, error))
        }
        Self.write(report.failures, to: log)
        if let code = report.transientCode {
            return .tryAgain(code: code.rawValue, afterSeconds: Self.tryAgainSeconds)
        }
        return .done(Self.answer(report, forgotten: forgotten, isDryRun: isDryRun))
    }

    private static func answer(_ report: Sweeper.Report, forgotten: Int, isDryRun: Bool) -> JSON {
        let members: [String: JSON] = [
            "code": "swept",
            "dry_run": .bool(isDryRun),
            "jobs": .array(
                report.jobs.map {
                    ["job_id": .string($0.jobID), "decisions": .array($0.decisions.map { .string($0.rawValue) })]
                }
            ),
            "orphans": .array(report.orphans.map { .string($0.name) }),
            "removed": .integer(Int64(report.removed.count)),
            "reservations": .integer(Int64(report.reservations.count)),
            "expired_documents": .integer(Int64(forgotten)),
        ]
        return .object(members.merging(Self.members(of: report.failures)) { first, _ in first })
    }

    /// How many, and the first of them; the log has all.
    private static func members(of failures: [Sweeper.Report.Failure]) -> [String: JSON] {
        [
            "failures": .integer(Int64(failures.count)),
            "failed": .array(failures.prefix(failuresMax).map(\.json)),
        ]
    }

    private static func write(_ failures: [Sweeper.Report.Failure], to log: EventLog) {
        for failure in failures { log.write(.warning, failure.message, labels: ["subject": failure.subject]) }
    }

    private func announce(isDryRun: Bool) async throws(StoreError) -> JSON {
        let announced = try await sweeper.announce(isDryRun: isDryRun)
        return [
            "code": "announced",
            "dry_run": .bool(isDryRun),
            "announced": .array(announced.map { .string($0.uri) }),
        ]
    }
}

import SignalboxCore
import Wire

/// A job as people and programs see it.
struct JobView {
    let job: Job

    /// The document's fields and the job's id.
    var json: JSON {
        var members = job.fields.mapValues(\.plain)
        members["job_id"] = .string(job.id)
        return .object(members)
    }

    /// `120/400`; a dash before the first report.
    var steps: String {
        // The last report of a trainer that is done may be some steps old.
        if let result = job.result { return "\(result.steps)/\(result.steps)" }
        return job.progress.map { "\($0.step)/\($0.totalSteps)" } ?? "-"
    }

    /// The last loss; a dash before the first report.
    var loss: String {
        let loss = job.result?.finalLoss ?? job.progress?.loss
        return loss.map(Figures.loss) ?? "-"
    }

    /// `wavecore v3`; why there is none; a dash while it runs.
    var outcome: String {
        if let result = job.result { return "\(result.modelName) v\(result.modelVersion)" }
        return job.failure?.code.rawValue ?? "-"
    }

    /// One line: where the job stands.
    var line: String {
        var parts = [job.id, job.phase.rawValue]
        if job.attempt > 0 { parts.append("attempt \(job.attempt)" + (job.tier.map { " on \($0)" } ?? "")) }
        if job.progress != nil { parts.append("step \(steps)") }
        if job.progress != nil || job.result != nil { parts.append("loss \(loss)") }
        if let result = job.result { parts.append("\(result.modelName) v\(result.modelVersion)") }
        if let failure = job.failure { parts.append("\(failure.code.rawValue): \(failure.message)") }
        if job.cancelRequested, !job.phase.isTerminal { parts.append("to be cancelled") }
        return parts.joined(separator: "  ")
    }

    /// All there is to say, a line each.
    var details: [String] {
        var rows: [(String, String)] = [
            ("job", job.id), ("package", job.packageID), ("robot", job.robotID),
            ("status", "\(job.phase.status.rawValue) (\(job.phase.rawValue))"),
        ]
        if job.attempt > 0 { rows.append(("attempt", "\(job.attempt)" + (job.tier.map { " on \($0)" } ?? ""))) }
        if let handle = job.handle { rows.append(("run", handle)) }
        if let lease = job.lease { rows.append(("lease", "\(lease.holder) until \(lease.expiresAt)")) }
        if job.progress != nil { rows.append(("progress", "step \(steps), loss \(loss)")) }
        rows += job.recoveries.map {
            ("recovered", "\($0.at) attempt \($0.attempt): \($0.cause.rawValue), \($0.evidence)")
        }
        if let result = job.result { rows += Self.rows(of: result) }
        if let failure = job.failure { rows.append(("error", "\(failure.code.rawValue): \(failure.message)")) }
        if job.cancelRequested { rows.append(("cancel", "requested")) }
        rows += [
            ("config", job.config.json.serialized()), ("episodes", job.dataset.archive.uri),
            ("created", "\(job.createdAt)"), ("updated", "\(job.updatedAt)"),
        ]
        return rows.map { name, value in name + String(repeating: " ", count: 11 - name.count) + value }
    }

    private static func rows(of result: TrainingResult) -> [(String, String)] {
        [
            ("model", "\(result.modelName) v\(result.modelVersion)  \(result.modelURI)"),
            (
                "loss",
                "\(Figures.loss(result.initialLoss)) to \(Figures.loss(result.finalLoss)) in \(result.steps) steps"
            ),
            (
                "validation",
                "\(Figures.loss(result.bestValidationLoss)) at step \(result.bestStep); "
                    + "best constant \(Figures.loss(result.baselineLoss))"
            ),
            ("time", Figures.seconds(result.trainingTimeSeconds)),
        ]
    }
}

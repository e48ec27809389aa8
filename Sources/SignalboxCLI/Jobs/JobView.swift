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

    /// `wavecore v3`; why there is none, or what hinders it; a dash while it runs.
    var outcome: String {
        if let result = job.result { return "\(result.modelName) v\(result.modelVersion)" }
        if let code = job.failure?.code.rawValue ?? problem?.code { return code }
        return notBefore.map { "not before \($0)" } ?? "-"
    }

    /// `vertex spot`: the short form of where it runs, or ran last; a dash before the first attempt.
    var tier: String {
        guard let place = job.placement?.place else { return "-" }
        return place.provisioning == .spot ? "\(place.tier) spot" : place.tier
    }

    /// What it had cost in USD when it was written last; a dash where that is nothing.
    var spent: String { spentUSD > 0 ? Figures.fixed(spentUSD, 4) : "-" }

    /// What was noted while the job went on says nothing any more once it is over.
    private var problem: Job.Problem? { job.phase.isTerminal ? nil : job.problem }

    /// Why its trainer is asked to stop, and by when.
    private var stop: String? {
        guard !job.phase.isTerminal, let reason = job.stopReason else { return nil }
        return reason.rawValue + (job.stopBy.map { ", by \($0)" } ?? "")
    }

    private var notBefore: Timestamp? { job.phase == .pending ? job.notBefore : nil }

    private var spentUSD: Double { job.spentUSD(by: job.updatedAt) }

    private var attempt: String { "\(job.attempt)" + (job.placement.map { " on \($0.place)" } ?? "") }

    /// One line: where the job stands.
    var line: String {
        var parts = [job.id, job.phase.rawValue]
        if job.attempt > 0 { parts.append("attempt \(attempt)") }
        if job.progress != nil { parts.append("step \(steps)") }
        if job.progress != nil || job.result != nil { parts.append("loss \(loss)") }
        if let result = job.result { parts.append("\(result.modelName) v\(result.modelVersion)") }
        if spentUSD > 0 { parts.append("spent \(USD.text(spentUSD))") }
        // What stands below the first line is the end of a log.
        if let failure = job.failure {
            parts.append("\(failure.code.rawValue): \(failure.message.prefix { !$0.isNewline })")
        }
        if let problem { parts.append("\(problem.code): \(problem.message)") }
        if let notBefore { parts.append("not before \(notBefore)") }
        if let stop { parts.append("asked to stop: \(stop)") }
        if job.cancelRequested, !job.phase.isTerminal { parts.append("to be cancelled") }
        return parts.joined(separator: "  ")
    }

    /// All there is to say, a line each.
    var details: [String] {
        var rows: [(String, String)] = [
            ("job", job.id), ("package", job.packageID), ("robot", job.robotID),
            ("status", "\(job.phase.status.rawValue) (\(job.phase.rawValue))"),
        ]
        if job.attempt > 0 { rows.append(("attempt", attempt)) }
        if let placement = job.placement { rows += Self.rows(of: placement) }
        if let handle = job.handle { rows.append(("run", handle)) }
        if let lease = job.lease { rows.append(("lease", "\(lease.holder) until \(lease.expiresAt)")) }
        if job.progress != nil { rows.append(("progress", "step \(steps), loss \(loss)")) }
        if spentUSD > 0 || job.spendMaxUSD != nil { rows.append(("spent", money)) }
        if let notBefore { rows.append(("not before", "\(notBefore)")) }
        if job.refusals > 0 { rows.append(("refusals", "\(job.refusals) in a row")) }
        if let passed = job.canaryPassed { rows.append(("canary", passed ? "passed" : "failed")) }
        rows += job.recoveries.map { recovery in
            let place = recovery.place.map { " on \($0)" } ?? ""
            let attempt = "\(recovery.at) attempt \(recovery.attempt)\(place)"
            return ("recovered", "\(attempt): \(recovery.cause.rawValue), \(recovery.evidence)")
        }
        if let problem {
            rows.append(("problem", "\(problem.code) since \(problem.since): \(problem.message)"))
        }
        if let result = job.result { rows += Self.rows(of: result) }
        if let failure = job.failure { rows.append(("error", "\(failure.code.rawValue): \(failure.message)")) }
        if job.cancelRequested { rows.append(("cancel", "requested")) }
        if let stop { rows.append(("stop", "asked for: \(stop)")) }
        rows += [
            ("config", job.config.json.serialized()), ("episodes", job.dataset.archive.uri),
            ("created", "\(job.createdAt)"), ("updated", "\(job.updatedAt)"),
        ]
        return rows.map { name, value in name + String(repeating: " ", count: 11 - name.count) + value }
    }

    private var money: String {
        USD.text(spentUSD) + (job.spendMaxUSD.map { " of \(USD.text($0))" } ?? "")
    }

    private static func rows(of placement: Job.Placement) -> [(String, String)] {
        let price = placement.usdPerHour.map { "\(USD.text($0)) an hour" } ?? "price unknown"
        let limit = Figures.seconds(Double(placement.runSecondsMax))
        return [("placed", "\(placement.claimedAt), \(price), at most \(limit)")]
    }

    private static func rows(of result: TrainingResult) -> [(String, String)] {
        var rows = [("model", "\(result.modelName) v\(result.modelVersion)  \(result.modelURI)")]
        if let first = result.initialLoss, let last = result.finalLoss {
            rows.append(("loss", "\(Figures.loss(first)) to \(Figures.loss(last)) in \(result.steps) steps"))
        }
        if let best = result.bestValidationLoss {
            let step = result.bestStep.map { " at step \($0)" } ?? ""
            let baseline = result.baselineLoss.map { "; best constant \(Figures.loss($0))" } ?? ""
            rows.append(("validation", "\(Figures.loss(best))\(step)\(baseline)"))
        }
        if let accuracy = result.validationAccuracy, let error = result.validationMeanAbsoluteError {
            let found = "\(Figures.loss(accuracy)) right, off by \(Figures.loss(error))"
            let baseline = result.baselineAccuracy.flatMap { accuracy in
                result.baselineMeanAbsoluteError.map {
                    "; best constant \(Figures.loss(accuracy)), \(Figures.loss($0))"
                }
            }
            rows.append(("classes", found + (baseline ?? "")))
        }
        return rows + [("time", Figures.seconds(result.trainingTimeSeconds))]
    }
}

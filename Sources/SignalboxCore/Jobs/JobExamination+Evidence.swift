import Wire

/// What the document says, a line each.
extension JobExamination {
    /// The newest recoveries that are told.
    private static let recoveriesMax = 5
    /// The last lines of a failure's message that are told, beside the first.
    private static let messageLinesMax = 20

    var evidence: [String] {
        var lines: [String] = []
        if job.failure == nil, job.phase == .failed { lines.append("error: none") }
        lines += errorLines
        if let problem = job.problem {
            lines.append("problem: \(problem.code) since \(problem.since): \(problem.message)")
        }
        lines += placementLines + leaseLines
        if let line = progressLine { lines.append(line) }
        if job.phase == .pending, let notBefore = job.notBefore {
            lines.append("nothing is launched before \(notBefore)")
        }
        if job.phase == .pending, let heldUntil = job.heldUntil {
            lines.append("the last attempt's trainer may write until \(heldUntil)")
        }
        lines += refusalLines + recoveryLines
        if let line = moneyLine { lines.append(line) }
        if job.cancelRequested { lines.append("cancel_requested: true") }
        lines.append("last change: \(job.updatedAt), \(span(job.updatedAt)) ago")
        return lines
    }

    private var errorLines: [String] {
        guard let failure = job.failure else { return [] }
        let lines = failure.message.split(whereSeparator: \.isNewline).map(String.init)
        let told = lines.prefix(1) + lines.dropFirst().suffix(Self.messageLinesMax)
        return ["error: \(failure.code.rawValue)"] + told.map { "  \($0)" }
    }

    private var placementLines: [String] {
        guard let placement = job.placement else { return [] }
        let price = placement.usdPerHour.map { "\(USD.text($0)) an hour" } ?? "price unknown"
        let limit = Self.text(of: .seconds(placement.runSecondsMax))
        var lines = ["attempt \(job.attempt): \(placement.place), \(price), at most \(limit)"]
        if let handle = job.handle { lines.append("run: \(handle)") }
        return lines
    }

    private var leaseLines: [String] {
        guard let lease = job.lease else { return [] }
        let state = isLeaseOver ? "over since \(span(lease.expiresAt))" : "\(span(lease.expiresAt)) left"
        var lines = ["lease: \(lease.holder) until \(lease.expiresAt), \(state)"]
        if let since = lease.tierSilentSince { lines.append("tier silent since \(since)") }
        return lines
    }

    private var progressLine: String? {
        guard let progress = job.progress, job.phase != .completed else { return nil }
        let line = "progress: step \(progress.step) of \(progress.totalSteps), loss \(progress.loss)"
        guard let rate = stepsPerSecond, rate > 0, job.phase == .running else { return line }
        let left = Double(max(0, progress.totalSteps - progress.step)) / rate
        let rounded = Double(Int64(min(rate, 1e9) * 100)) / 100
        return line + ", \(rounded) steps a second, about \(Self.text(of: .seconds(min(left, 1e9)))) left"
    }

    /// Known only where no attempt trained before this one: where another went on from, the document does not say.
    private var stepsPerSecond: Double? {
        guard let progress = job.progress, let since = job.placement?.heardSince, job.updatedAt > since,
            job.recoveries.allSatisfy({ $0.cause == .launchRefused || $0.cause == .specTaken })
        else { return nil }
        return Double(progress.step) / ((job.updatedAt - since) / Duration.seconds(1))
    }

    /// How often each place refused, the last words of each.
    private var refusalLines: [String] {
        var order: [String] = []
        var refusals: [String: (count: Int, last: String)] = [:]
        for recovery in job.recoveriesSinceRetry where recovery.cause == .launchRefused {
            let place = recovery.place?.description ?? "no place"
            if refusals[place] == nil { order.append(place) }
            refusals[place] = (refusals[place, default: (0, "")].count + 1, recovery.evidence)
        }
        return order.compactMap { place in
            refusals[place].map { "refused \($0.count) \($0.count == 1 ? "time" : "times"): \(place), \($0.last)" }
        }
    }

    private var recoveryLines: [String] {
        let given = job.recoveries.filter { $0.cause != .launchRefused }
        guard !job.recoveries.isEmpty else { return [] }
        let lines = given.suffix(Self.recoveriesMax).map { recovery in
            let place = recovery.place.map { " at \($0)" } ?? ""
            return
                "\(recovery.at) attempt \(recovery.attempt)\(place): \(recovery.cause.rawValue), \(recovery.evidence)"
        }
        let past = job.recoveriesSinceRetry
        let faults = past.count { $0.cause.isFault }
        let losses = past.count { $0.cause.isLoss }
        let refusals = past.count { $0.cause == .launchRefused }
        let budgets =
            "used up: \(faults) of \(policy.attemptsMax) faults, \(losses) of \(policy.preemptionsMax) lost machines, "
            + "\(refusals) of \(policy.refusalsMax) refusals"
        return lines + [budgets]
    }

    private var moneyLine: String? {
        let spent = job.spentUSD(by: now)
        if let cap = job.spendMaxUSD { return "spent: \(USD.text(spent)) of \(USD.text(cap))" }
        return spent > 0 ? "spent: \(USD.text(spent))" : nil
    }
}

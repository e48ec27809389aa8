public import Wire

/// The lifecycle of a job as a pure function: nothing else decides. ``JobLifecycle/edges`` is the table of its legal
/// transitions, `docs/job-lifecycle.md` the same for people.
public struct JobLifecycle: Sendable {
    let policy: JobPolicy

    /// A machine with a policy.
    public init(policy: JobPolicy = JobPolicy()) { self.policy = policy }

    /// The next state and what to do.
    public func step(_ job: Job, _ input: JobInput, now: Timestamp) -> JobTransition {
        var transition = JobTransition(job: job, actions: [], decision: .ignored, at: now)
        if case .retried(let tier, let spendMaxUSD) = input {
            reopen(&transition, tier: tier, spendMaxUSD: spendMaxUSD, now: now)
        } else if job.phase.isTerminal {
            transition.decision = .terminal
        } else if let attempt = input.attempt, attempt != job.attempt {
            transition.decision = .staleAttempt
        } else if let runner = input.runner, isTaken(job, from: runner, input, now: now) {
            transition.decision = .attemptTaken
        } else {
            take(&transition, input, now: now)
        }
        if transition.job != job {
            // Firestore keeps microseconds; a clock that stands still or goes back must not hide a change.
            let next = job.updatedAt + .microseconds(1)
            transition.job.updatedAt = max(now.truncatedToMicroseconds, next)
        }
        return transition
    }

    private func take(_ transition: inout JobTransition, _ input: JobInput, now: Timestamp) {
        switch input {
        case .attended(let launcher, let ladder): attend(&transition, launcher: launcher, ladder: ladder, now: now)
        case .found(_, let handle, let launcher): found(&transition, handle: handle, launcher, now: now)
        case .launched(_, let handle): launched(&transition, handle: handle, .runLaunched, now: now)
        case .launchRefused(_, let error, let launcher): launchRefused(&transition, error, launcher, now: now)
        case .specTaken(_, let message, let launcher): specTaken(&transition, message, launcher, now: now)
        case .inspected(_, let answer, let other, let asOf):
            inspected(&transition, answer, of: other, asOf: asOf, now: now)
        case .logRead(_, let lines): logRead(&transition, lines, now: now)
        case .released: released(&transition)
        case .tierFailed(_, let error, let asOf): tierFailed(&transition, error, asOf: asOf, now: now)
        case .heartbeat(_, let runner, let progress, _): heartbeat(&transition, runner, progress, now: now)
        case .canary(_, let runner, let passed, let log):
            canary(&transition, runner, passed: passed, log: log, now: now)
        case .preempted(_, _, let cause): preempted(&transition, cause, now: now)
        case .completed(_, _, let result): complete(&transition, result, now: now)
        case .failed(_, _, let failure): failed(&transition, failure, now: now)
        case .retried: break
        }
    }

    /// Whether another process trains the attempt. The first word of a process takes an attempt that nobody has, or
    /// whose holder was silent for its lease; everything else is for the holder alone to say.
    private func isTaken(_ job: Job, from runner: String, _ input: JobInput, now: Timestamp) -> Bool {
        guard job.phase != .pending else { return false }
        let isHolder = job.phase == .running && job.lease?.holder == runner
        guard case .heartbeat(_, _, _, isFirst: true) = input, !isHolder else { return !isHolder }
        guard job.phase == .running, let lease = job.lease else { return false }
        return lease.expiresAt > now
    }

    private func reopen(_ transition: inout JobTransition, tier: String?, spendMaxUSD: Double?, now: Timestamp) {
        let job = transition.job
        guard job.phase == .failed else {
            transition.decision = job.phase == .completed ? .terminal : .ignored
            return
        }
        guard job.retryObstacle == nil else {
            transition.decision = .recoveriesFull
            return
        }
        // What refused counts for one opening only. It stays noted, the oldest of it as long as there is room.
        let excess = job.recoveries.count - (JobPolicy.recoveriesMax - 1)
        transition.job.recoveries = Self.dropping(excess, of: job.recoveries)
        let failure = transition.job.failure
        let evidence = failure.map { "\($0.code.rawValue): \($0.message)" } ?? "no failure was noted"
        transition.job.recoveries.append(recovery(transition.job, .retried, evidence, now: now))
        transition.job.phase = .pending
        transition.job.failure = nil
        transition.job.problem = nil
        transition.job.refusals = 0
        transition.job.notBefore = nil
        transition.job.stopReason = nil
        transition.job.stopBy = nil
        // What did not restore may have been mended.
        transition.job.canaryPassed = nil
        transition.job.cancelRequested = false
        transition.job.retryTier = tier ?? transition.job.retryTier
        transition.job.retrySpendMaxUSD = spendMaxUSD ?? transition.job.retrySpendMaxUSD
        transition.decision = .reopened
    }

    /// Recoveries without the oldest refusals, which say the least of all: so many fewer of them, if there are so many.
    private static func dropping(_ excess: Int, of recoveries: [Job.Recovery]) -> [Job.Recovery] {
        var left = excess
        return recoveries.filter { recovery in
            guard left > 0, recovery.cause == .launchRefused else { return true }
            left -= 1
            return false
        }
    }

    // MARK: - How attempts and jobs end

    /// Ends the job; a run that it has is to be given back before the job can be tried again.
    func fail(_ transition: inout JobTransition, _ failure: Job.Failure, now: Timestamp) {
        if transition.job.phase != .pending { transition.job.isReleasing = true }
        conclude(&transition, failure, now: now)
    }

    func conclude(_ transition: inout JobTransition, _ failure: Job.Failure, now: Timestamp) {
        keepLease(&transition.job, now: now)
        settle(&transition.job, now: now)
        transition.job.phase = .failed
        transition.job.failure = failure
        transition.decision = .failed
    }

    func complete(_ transition: inout JobTransition, _ result: TrainingResult, now: Timestamp) {
        guard transition.job.phase != .pending else { return }
        settle(&transition.job, now: now)
        transition.job.phase = .completed
        transition.job.result = result
        let loss = result.finalLoss ?? transition.job.progress?.loss
        transition.job.progress = loss.map { .init(step: result.steps, totalSteps: result.steps, loss: $0) }
        transition.job.problem = nil
        transition.decision = .completed
    }

    /// Gives the attempt up; the run stays noted until it holds nothing any more, unless the tier knows of none. The
    /// last lines of its log go into the failure where it was the last.
    func giveUp(
        _ transition: inout JobTransition,
        _ cause: RecoveryCause,
        _ evidence: String,
        log: [String] = [],
        hasRun: Bool = true,
        now: Timestamp
    ) {
        guard transition.job.phase != .pending else { return }
        keepLease(&transition.job, now: now)
        settle(&transition.job, now: now)
        transition.job.isReleasing = hasRun
        if !hasRun { transition.job.handle = nil }
        transition.job.recoveries.append(recovery(transition.job, cause, evidence, now: now))
        if let reason = transition.job.stopReason { return concludeStopped(&transition, because: reason, now: now) }
        if let failure = exhausted(transition.job, cause, evidence) {
            return conclude(&transition, failure.adding(log), now: now)
        }
        transition.job.phase = .pending
        transition.decision = .attemptGivenUp
    }

    /// Whether another attempt may follow should this one end with a fault of the code.
    func mayTryAgain(afterFaultOf job: Job) -> Bool {
        job.recoveriesSinceRetry.count { $0.cause.isFault } + 1 < policy.attemptsMax
    }

    private func exhausted(_ job: Job, _ cause: RecoveryCause, _ evidence: String) -> Job.Failure? {
        let past = job.recoveriesSinceRetry
        let faults = past.count { $0.cause.isFault }
        let losses = past.count { $0.cause.isLoss }
        let refusals = past.count { $0.cause == .launchRefused }
        let message = "attempt \(job.attempt) was the last: \(cause.rawValue), \(evidence)"
        if refusals > policy.refusalsMax { return Job.Failure(.capacityExhausted, message) }
        let sessions = past.count { $0.cause == .sessionEnded }
        guard faults < policy.attemptsMax, losses <= policy.preemptionsMax, sessions <= JobPolicy.sessionsMax else {
            return Job.Failure(.attemptsExhausted, message)
        }
        return nil
    }

    private func recovery(_ job: Job, _ cause: RecoveryCause, _ evidence: String, now: Timestamp) -> Job.Recovery {
        Job.Recovery(
            at: now.truncatedToMicroseconds,
            attempt: job.attempt,
            cause: cause,
            place: job.placement?.place,
            evidence: evidence
        )
    }

    /// A trainer whose attempt is taken from it while its lease is fresh learns of it at its next heartbeat, and may
    /// write until then: the next attempt waits for the lease's end, whatever the tier says of the run.
    private func keepLease(_ job: inout Job, now: Timestamp) {
        guard job.phase == .running, let end = job.lease?.expiresAt, end > now else { return }
        job.heldUntil = max(job.heldUntil ?? end, end)
    }

    /// The holder itself says that it is done: nobody writes after it.
    func stepDown(_ job: inout Job) { job.lease = nil }

    /// Nobody acts for the job and nothing is paid for any more.
    private func settle(_ job: inout Job, now: Timestamp) {
        job.spentUSD = job.spentUSD(by: now)
        job.placement?.billedSince = nil
        job.lease = nil
    }

    func note(_ transition: inout JobTransition, _ code: String, _ message: String, now: Timestamp) {
        transition.decision = .problemNoted
        var since = now.truncatedToMicroseconds
        if let known = transition.job.problem {
            // Nothing else is written while a run is given back, and problems that take turns there are one silence.
            let isReleasing = transition.job.phase == .pending
            let notedAt = isReleasing ? transition.job.updatedAt : known.since
            // Each note is a write, each write an event, each event a look that may meet another problem: not at once.
            guard known.code != code, since - notedAt >= .seconds(policy.leaseSeconds) else { return }
            if isReleasing { since = known.since }
        }
        transition.job.problem = Job.Problem(code: code, message: message, since: since)
    }

    func lease(_ holder: String, _ seconds: Int, _ now: Timestamp) -> Job.Lease {
        Job.Lease(holder: holder, expiresAt: (now + .seconds(seconds)).truncatedToMicroseconds)
    }
}

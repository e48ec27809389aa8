import Wire

/// A tier answers.
extension JobLifecycle {
    func found(_ transition: inout JobTransition, handle: String?, _ launcher: String, now: Timestamp) {
        guard transition.job.phase != .pending else { return }
        if let handle { return launched(&transition, handle: handle, .runAdopted, now: now) }
        // A trainer that reports has a run, whatever the tier says.
        let job = transition.job
        guard job.phase == .launching, job.lease?.holder == launcher else { return }
        transition.actions = [.launch(attempt: job.attempt)]
        transition.decision = .runMissing
    }

    func launched(
        _ transition: inout JobTransition,
        handle: String,
        _ decision: JobDecision,
        now: Timestamp
    ) {
        guard transition.job.phase != .pending else { return }
        // Where two launchers made a run each, the first that is noted counts. The trainer that reports second stops by
        // itself; should that be the noted one, its end is told from the attempt's by looking for another run.
        transition.job.handle = transition.job.handle ?? handle
        transition.decision = decision
        // The trainer may have reported before its launcher did: its own lease stays.
        guard transition.job.phase == .launching else { return }
        transition.job.phase = .launched
        transition.job.placement?.billedSince = now.truncatedToMicroseconds
        transition.job.problem = nil
        transition.job.lease = lease(handle, policy.startLeaseSeconds, now)
    }

    func launchRefused(_ transition: inout JobTransition, _ error: TierError, _ launcher: String, now: Timestamp) {
        guard transition.job.phase == .launching, transition.job.lease?.holder == launcher else { return }
        refused(&transition, error, hasRun: false, now: now)
    }

    /// Walks the ladder: the next place at once, and after the last the first again, later.
    func refused(_ transition: inout JobTransition, _ error: TierError, hasRun: Bool = true, now: Timestamp) {
        guard error.isRefusalForNow else {
            transition.job.isReleasing = hasRun
            return conclude(&transition, Job.Failure(.launchFailed, error.description), now: now)
        }
        let choices = transition.job.placement?.choices ?? 1
        transition.job.refusals += 1
        if transition.job.refusals % choices == 0 {
            let round = transition.job.refusals / choices
            let wait = JobPolicy.capacityWaitSeconds << min(round - 1, 16)
            let seconds = min(wait, JobPolicy.capacityWaitSecondsMax)
            transition.job.notBefore = (now + .seconds(seconds)).truncatedToMicroseconds
        }
        giveUp(&transition, .launchRefused, error.description, hasRun: hasRun, now: now)
    }

    func specTaken(_ transition: inout JobTransition, _ message: String, _ launcher: String, now: Timestamp) {
        guard transition.job.phase == .launching, transition.job.lease?.holder == launcher else { return }
        giveUp(&transition, .specTaken, message, hasRun: false, now: now)
    }

    func inspected(
        _ transition: inout JobTransition,
        _ answer: Result<RunState, TierError>,
        of other: String?,
        asOf: Timestamp,
        now: Timestamp
    ) {
        let job = transition.job
        if job.phase == .pending, job.isReleasing { return stillHeld(&transition, answer, asOf: asOf, now: now) }
        guard job.phase == .launched || job.phase == .running, let lease = job.lease else { return }
        // Noted late: whoever has changed the job since knew more.
        guard job.updatedAt == asOf else { return }
        // A heartbeat that came meanwhile is the better evidence; before the first one the tier's word is all there is.
        guard lease.expiresAt <= now || job.phase == .launched else { return }
        let state: RunState
        switch answer {
        case .success(let told): state = told
        case .failure(let error): return silent(&transition, error, lease, now: now)
        }
        switch state {
        case .starting, .running:
            // From now on this is the run that is asked, and given back.
            transition.job.handle = other ?? job.handle
            alive(&transition, lease, isRunning: state == .running, isOther: other != nil, now: now)
        case .gone:
            forgetUnstarted(&transition.job)
            giveUp(&transition, .runGone, "the tier knows no such run", hasRun: false, now: now)
        case .preempted: giveUp(&transition, .preempted, "the tier took the machine back", now: now)
        case .lost(let detail): giveUp(&transition, .machineLost, detail, now: now)
        case .refused(let error):
            forgetUnstarted(&transition.job)
            refused(&transition, error, now: now)
        case .ended(let detail): giveUp(&transition, .runEnded, detail, now: now)
        }
    }

    private func alive(
        _ transition: inout JobTransition,
        _ lease: Job.Lease,
        isRunning: Bool,
        isOther: Bool,
        now: Timestamp
    ) {
        let job = transition.job
        transition.job.problem = nil
        if isRunning {
            noteRunning(&transition.job, now: now)
        } else {
            // It waits for a machine, for the first time or again; what ran before is paid for.
            forgetUnstarted(&transition.job)
            transition.job.spentUSD = transition.job.spentUSD(by: now)
            transition.job.placement?.billedSince = nil
            transition.job.placement?.heardSince = nil
        }
        // Only now is it sure that nothing has changed since the last look.
        if job.phase == .launched, let placement = transition.job.placement, isLate(&transition, placement, now: now) {
            return
        }
        transition.decision = .leaseFresh
        guard lease.expiresAt <= now else { return }
        if isOther, job.phase == .running {
            // Its trainer need not be the one that was heard last: whichever reports first has the lease.
            transition.job.lease?.tierSilentSince = nil
            return
        }
        transition.job.lease = self.lease(lease.holder, policy.leaseSeconds, now)
        transition.decision = .leaseExtended
    }

    /// The run has a machine: at the latest from now on it is paid for.
    func noteRunning(_ job: inout Job, now: Timestamp) {
        job.placement?.hasRun = true
        guard job.placement?.billedSince == nil else { return }
        job.placement?.billedSince = now.truncatedToMicroseconds
    }

    /// A launch is reckoned with as paid for until the tier tells more. A run that neither it nor a trainer has ever
    /// told of as running had no machine.
    private func forgetUnstarted(_ job: inout Job) {
        if job.placement?.hasRun == false { job.placement?.billedSince = nil }
    }

    /// No evidence, whatever the reason: only silence of both sides for a whole lease is. A tier that refuses to tell
    /// is a problem too.
    private func silent(_ transition: inout JobTransition, _ error: TierError, _ lease: Job.Lease, now: Timestamp) {
        if error.code != .unreachable { note(&transition, error.code.rawValue, error.message, now: now) }
        transition.decision = .tierUnreachable
        guard lease.expiresAt <= now else { return }
        var lease = lease
        let since = lease.tierSilentSince ?? now.truncatedToMicroseconds
        if now - since >= .seconds(policy.leaseSeconds) {
            return giveUp(&transition, .silent, "neither trainer nor tier was heard since \(since)", now: now)
        }
        lease.tierSilentSince = since
        transition.job.lease = lease
        transition.actions = [.wait(until: since + .seconds(policy.leaseSeconds))]
    }

    /// The run of the attempt before is not over yet, but its tier tells of it.
    private func stillHeld(
        _ transition: inout JobTransition,
        _ answer: Result<RunState, TierError>,
        asOf: Timestamp,
        now: Timestamp
    ) {
        guard case .success(let state) = answer, state.isAlive else { return }
        if transition.job.updatedAt == asOf { transition.job.problem = nil }
        transition.actions = [.wait(until: now + .seconds(JobController.releaseLookSeconds))]
        transition.decision = .runReleasing
    }

    /// Noted late, it is no problem any more: whoever has changed the job since knew more.
    func tierFailed(_ transition: inout JobTransition, _ error: TierError, asOf: Timestamp, now: Timestamp) {
        guard transition.job.updatedAt == asOf else { return }
        note(&transition, error.code.rawValue, error.message, now: now)
    }

    func released(_ transition: inout JobTransition) {
        guard transition.job.phase == .pending else { return }
        transition.job.handle = nil
        transition.job.isReleasing = false
        transition.job.problem = nil
        transition.actions = [.attendAgain]
        transition.decision = .runReleased
    }
}

import Wire

/// A function looks at the job.
extension JobLifecycle {
    func attend(_ transition: inout JobTransition, launcher: String, ladder: Ladder, now: Timestamp) {
        if let reason = reasonToStop(transition.job, now: now) {
            return stop(&transition, because: reason, now: now)
        }
        switch transition.job.phase {
        case .pending: claim(&transition, launcher: launcher, ladder: ladder, now: now)
        case .launching: takeOver(&transition, launcher: launcher, now: now)
        case .launched, .running: watch(&transition, now: now)
        case .completed, .failed: transition.decision = .terminal
        }
    }

    private func claim(_ transition: inout JobTransition, launcher: String, ladder: Ladder, now: Timestamp) {
        let job = transition.job
        if job.isReleasing {
            let since = job.recoveries.last?.at ?? job.updatedAt
            // A run that its tier still tells of is waited for; a tier that cannot tell is not, for ever.
            let silentSince = job.problem.map { max(since, $0.since) }
            let isSilent = silentSince.map { now - $0 >= .seconds(JobPolicy.releaseSecondsMax) } ?? false
            guard isSilent else {
                transition.actions = [.release(attempt: job.attempt, handle: job.handle)]
                transition.decision = .runReleasing
                return
            }
        }
        if let heldUntil = job.heldUntil, heldUntil > now {
            transition.actions = [.wait(until: heldUntil)]
            transition.decision = .runReleasing
            return
        }
        if let notBefore = job.notBefore, notBefore > now {
            transition.decision = .capacityAwaited
            return
        }
        let view = LadderView(ladder, for: job, policy: policy)
        guard let next = view.usable.first else {
            if view.isSpent { return concludeStopped(&transition, because: .spendCap, now: now) }
            return fail(&transition, Job.Failure(.noPlace, view.reasons), now: now)
        }
        transition.job.phase = .launching
        transition.job.attempt += 1
        transition.job.handle = nil
        transition.job.isReleasing = false
        transition.job.notBefore = nil
        transition.job.heldUntil = nil
        transition.job.placement = Job.Placement(
            place: next.rung.place,
            usdPerHour: next.rung.usdPerHour,
            claimedAt: now.truncatedToMicroseconds,
            runSecondsMax: next.runSecondsMax,
            choices: view.usable.count
        )
        transition.job.lease = lease(launcher, policy.launchLeaseSeconds, now)
        transition.actions = [.launch(attempt: transition.job.attempt)]
        transition.decision = .attemptClaimed
    }

    private func takeOver(_ transition: inout JobTransition, launcher: String, now: Timestamp) {
        if let lease = transition.job.lease, lease.expiresAt > now, lease.holder != launcher {
            transition.actions = [.wait(until: lease.expiresAt)]
            transition.decision = .launcherBusy
        } else if let placement = transition.job.placement, transition.job.problem != nil, isQueuedLong(placement, now)
        {
            // The tier cannot be asked whether there is a run; should there be one, it is given back when it can be.
            let waited = "the tier did not take the run within \(policy.queueSecondsMax) s"
            refused(&transition, TierError(.capacity, waited), now: now)
        } else {
            transition.job.lease = lease(launcher, policy.launchLeaseSeconds, now)
            transition.actions = [.find(attempt: transition.job.attempt)]
            transition.decision = .launchTakenOver
        }
    }

    private func watch(_ transition: inout JobTransition, now: Timestamp) {
        let job = transition.job
        if job.phase == .running, let placement = job.placement, isLate(&transition, placement, now: now) { return }
        guard let lease = job.lease, lease.expiresAt > now else {
            transition.actions = [.inspect(attempt: job.attempt, handle: job.handle)]
            transition.decision = .leaseExpired
            return
        }
        transition.decision = .leaseFresh
        guard job.handle != nil else {
            // The trainer was faster than its launcher, whose answer was lost: without the handle nobody could end it.
            transition.actions = [.find(attempt: job.attempt)]
            return
        }
        // A run that dies before its first word is noticed before its lease has run out.
        if job.phase == .launched, now - job.updatedAt >= .seconds(JobPolicy.inspectSeconds) {
            transition.actions = [.inspect(attempt: job.attempt, handle: job.handle)]
            transition.decision = .startAwaited
        }
    }

    /// Ends the overdue run of the last attempt, should its trainer not have reported otherwise meanwhile.
    func logRead(_ transition: inout JobTransition, _ lines: [String], now: Timestamp) {
        let job = transition.job
        guard job.phase == .running, let placement = job.placement, !mayTryAgain(afterFaultOf: job) else { return }
        _ = isLate(&transition, placement, log: lines, now: now)
    }

    /// Ends a run that takes longer than it may, or that its tier has in a queue too long while there are other places.
    ///
    /// - Parameter log: the last lines of its trainer's log; nil where nobody has read them.
    func isLate(
        _ transition: inout JobTransition,
        _ placement: Job.Placement,
        log: [String]? = nil,
        now: Timestamp
    ) -> Bool {
        let cancel = transition.job.handle.map { [JobAction.cancel(handle: $0)] } ?? []
        if let overdueAt = transition.job.overdueAt {
            guard now >= overdueAt else { return false }
            stopBeforeCap(&transition.job, now: now)
            let job = transition.job
            // A run at its cap costs too much to wait for a store that may be away, and the cap says why it ends.
            if log == nil, job.phase == .running, job.stopReason == nil, !mayTryAgain(afterFaultOf: job) {
                transition.actions = [.readLog(attempt: job.attempt)]
                transition.decision = .logAwaited
                return true
            }
            let seconds = (now - (placement.heardSince ?? placement.billedSince ?? overdueAt)).components.seconds
            let start = placement.heardSince == nil ? "its launch, and never heard" : "its trainer's first report"
            giveUp(&transition, .overdue, "still there \(seconds) s after \(start)", log: log ?? [], now: now)
        } else {
            guard transition.job.phase == .launched, isQueuedLong(placement, now) else { return false }
            let waited = "waited \(policy.queueSecondsMax) s in the queue"
            refused(&transition, TierError(.capacity, waited), now: now)
        }
        transition.actions = cancel
        return true
    }

    private func isQueuedLong(_ placement: Job.Placement, _ now: Timestamp) -> Bool {
        placement.choices > 1 && now - placement.claimedAt >= .seconds(policy.queueSecondsMax)
    }
}

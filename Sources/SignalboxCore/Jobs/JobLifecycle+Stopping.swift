import Wire

/// A job that is to be over before its end is asked first: its trainer checkpoints and stops, so that a retry goes on
/// from there.
extension JobLifecycle {
    /// Why the job is to be over by now, if it is; of a spend cap only its trainer's reports and its run's time tell.
    func reasonToStop(_ job: Job, now: Timestamp) -> StopReason? {
        if job.cancelRequested || job.stopReason == .cancelled { return .cancelled }
        let isOpenLong = now - job.openedAt >= .seconds(policy.jobSecondsMax)
        return isOpenLong || job.stopReason == .deadline ? .deadline : nil
    }

    /// Asks a trainer that is heard to stop, and waits until then. Ends the job where nobody trains, or where the
    /// trainer was asked and went silent or did not stop in time.
    func stop(_ transition: inout JobTransition, because reason: StopReason, now: Timestamp) {
        var asked = transition.job
        requestStop(&asked, because: reason, now: now)
        if asked.phase == .running, let lease = asked.lease, let stopBy = asked.stopBy {
            let until = min(lease.expiresAt, stopBy)
            if now < until {
                transition.job = asked
                transition.actions = [.wait(until: until)]
                transition.decision = .stopRequested
                return
            }
        }
        let isDeaf = transition.job.stopBy != nil
        let message = explain(reason, transition.job, now: now) + (isDeaf ? "; its trainer did not stop in time" : "")
        if let handle = transition.job.handle { transition.actions = [.cancel(handle: handle)] }
        fail(&transition, Job.Failure(reason.failureCode, message), now: now)
    }

    /// Notes that the trainer is to stop, and by when; asked again, it has no more time.
    func requestStop(_ job: inout Job, because reason: StopReason, now: Timestamp) {
        if reason.outranks(job.stopReason) { job.stopReason = reason }
        guard reason != .spendCap, job.stopBy == nil else { return }
        let notice = now + .seconds(policy.stopNoticeSeconds)
        job.stopBy = min(notice, job.overdueAt ?? notice).truncatedToMicroseconds
    }

    /// The trainer is to stop while its stop is still paid for.
    func stopBeforeCap(_ job: inout Job, now: Timestamp) {
        guard let cap = job.spendMaxUSD, job.spentUSD(by: now + .seconds(JobPolicy.stopSeconds)) >= cap else { return }
        requestStop(&job, because: .spendCap, now: now)
    }

    /// The job is over that was to stop.
    func concludeStopped(_ transition: inout JobTransition, because reason: StopReason, now: Timestamp) {
        let message = explain(reason, transition.job, now: now) + "; the newest checkpoint is kept"
        conclude(&transition, Job.Failure(reason.failureCode, message), now: now)
    }

    private func explain(_ reason: StopReason, _ job: Job, now: Timestamp) -> String {
        switch reason {
        case .cancelled: "cancelled on request"
        case .deadline: "not over \(policy.jobSecondsMax) s after it was opened"
        case .spendCap: "\(USD.text(job.spentUSD(by: now))) of \(USD.text(job.spendMaxUSD ?? 0)) are spent"
        }
    }
}

import Wire

/// The trainer reports.
extension JobLifecycle {
    func heartbeat(_ transition: inout JobTransition, _ runner: String, _ progress: Job.Progress?, now: Timestamp) {
        guard transition.job.phase != .pending else { return }
        if transition.job.phase != .running || transition.job.lease?.holder != runner {
            transition.job.placement?.heardSince = now.truncatedToMicroseconds
        }
        transition.job.phase = .running
        transition.job.progress = progress ?? transition.job.progress
        transition.job.lease = lease(runner, policy.leaseSeconds, now)
        transition.job.refusals = 0
        transition.job.problem = nil
        noteRunning(&transition.job, now: now)
        // Nobody else need look before the trainer hears of it.
        if let reason = reasonToStop(transition.job, now: now) {
            requestStop(&transition.job, because: reason, now: now)
        }
        stopBeforeCap(&transition.job, now: now)
        transition.decision = transition.job.stopReason == nil ? .heartbeat : .stopRequested
    }

    func canary(_ transition: inout JobTransition, _ runner: String, passed: Bool, log: [String], now: Timestamp) {
        guard transition.job.phase == .running else { return }
        transition.job.canaryPassed = passed
        // A run that says this is heard: a tier that has forgotten it must not have the last word.
        transition.job.lease = lease(runner, policy.leaseSeconds, now)
        transition.decision = .canaryPassed
        guard !passed else { return }
        stepDown(&transition.job)
        let evidence = "a checkpoint did not restore to the state it was made of"
        giveUp(&transition, .canaryFailed, evidence, log: log, now: now)
    }

    func preempted(_ transition: inout JobTransition, _ cause: StopCause, now: Timestamp) {
        guard transition.job.phase == .running else { return }
        stepDown(&transition.job)
        let evidence = "the trainer checkpointed and stopped: \(cause.rawValue)"
        giveUp(&transition, cause.isEndOfTime ? .sessionEnded : .preempted, evidence, now: now)
    }

    /// The trainer gave up: for good where another one would meet the same, or where no attempt is left. A job that was
    /// to be over anyhow is over for that reason; what the trainer met stands in its recoveries.
    func failed(_ transition: inout JobTransition, _ failure: Job.Failure, now: Timestamp) {
        // A run that was given up has no say in what comes after it.
        guard transition.job.phase != .pending else { return }
        stepDown(&transition.job)
        let mayPass = failure.code.mayPass && mayTryAgain(afterFaultOf: transition.job)
        guard mayPass || transition.job.stopBy != nil else {
            return fail(&transition, failure, now: now)
        }
        giveUp(&transition, .trainerFailed, "\(failure.code.rawValue): \(failure.message)", now: now)
    }
}

import Wire

/// The trainer reports.
extension JobLifecycle {
    func heartbeat(_ transition: inout JobTransition, _ runner: String, _ progress: Job.Progress?, now: Timestamp) {
        guard transition.job.phase != .pending else { return }
        transition.job.phase = .running
        transition.job.progress = progress ?? transition.job.progress
        transition.job.lease = lease(runner, policy.leaseSeconds, now)
        transition.job.refusals = 0
        transition.job.problem = nil
        if transition.job.placement?.billedSince == nil {
            transition.job.placement?.billedSince = now.truncatedToMicroseconds
        }
        if let cap = transition.job.spendMaxUSD, transition.job.spentUSD(by: now) >= cap {
            transition.job.stopReason = .spendCap
        }
        transition.decision = transition.job.stopReason == nil ? .heartbeat : .stopRequested
    }

    func canary(_ transition: inout JobTransition, passed: Bool, now: Timestamp) {
        guard transition.job.phase == .running else { return }
        transition.job.canaryPassed = passed
        transition.decision = .canaryPassed
        guard !passed else { return }
        stepDown(&transition.job)
        giveUp(&transition, .canaryFailed, "a checkpoint did not restore to the state it was made of", now: now)
    }

    func preempted(_ transition: inout JobTransition, _ cause: StopCause, now: Timestamp) {
        guard transition.job.phase == .running else { return }
        stepDown(&transition.job)
        let evidence = "the trainer checkpointed and stopped: \(cause.rawValue)"
        giveUp(&transition, cause.isEndOfTime ? .sessionEnded : .preempted, evidence, now: now)
    }
}

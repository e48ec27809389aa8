public import Wire

/// What the machine decided: a closed code for logs.
public enum JobDecision: String, Sendable, CaseIterable {
    /// An attempt was claimed.
    case attemptClaimed = "attempt_claimed"
    /// The run of the attempt before must be given back first.
    case runReleasing = "run_releasing"
    /// The run of the attempt before holds nothing any more.
    case runReleased = "run_released"
    /// No place had capacity: nothing is launched for a while.
    case capacityAwaited = "capacity_awaited"
    /// Another launcher's lease is fresh.
    case launcherBusy = "launcher_busy"
    /// Another launcher's lease ran out: its launch is taken over.
    case launchTakenOver = "launch_taken_over"
    /// There is a run of the attempt: it is adopted.
    case runAdopted = "run_adopted"
    /// There is no run of the attempt: it is launched.
    case runMissing = "run_missing"
    /// The tier took the run.
    case runLaunched = "run_launched"
    /// The trainer has not reported yet: the tier is asked.
    case startAwaited = "start_awaited"
    /// The run's lease is fresh.
    case leaseFresh = "lease_fresh"
    /// The last attempt's run took longer than it may: its log is read, then it is given up.
    case logAwaited = "log_awaited"
    /// The run's lease ran out: the tier is asked.
    case leaseExpired = "lease_expired"
    /// The tier says that the run lives: its lease goes on.
    case leaseExtended = "lease_extended"
    /// The tier cannot be reached: no evidence.
    case tierUnreachable = "tier_unreachable"
    /// The tier cannot do what is needed: noted in the document.
    case problemNoted = "problem_noted"
    /// The trainer lives.
    case heartbeat
    /// The trainer is heard, and is asked to checkpoint and stop.
    case stopRequested = "stop_requested"
    /// The trainer's checkpoint restores.
    case canaryPassed = "canary_passed"
    /// The attempt was given up; another will be made.
    case attemptGivenUp = "attempt_given_up"
    /// The job is completed.
    case completed
    /// The job failed.
    case failed
    /// The failed job is open again.
    case reopened
    /// The failed job's document has no room for another opening.
    case recoveriesFull = "recoveries_full"
    /// The input is of another attempt than the document's.
    case staleAttempt = "stale_attempt"
    /// Another process trains this attempt.
    case attemptTaken = "attempt_taken"
    /// The job is over: terminal states absorb.
    case terminal
    /// The input changes nothing in this phase.
    case ignored
}

/// One step of the machine.
public struct JobTransition: Sendable, Equatable {
    /// The job after it; to be written if it differs.
    public var job: Job
    /// What is to be done once it is written.
    public var actions: [JobAction]
    /// What was decided.
    public var decision: JobDecision
    /// The time that it was decided by.
    public let at: Timestamp
}

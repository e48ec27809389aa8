/// Why an attempt was given up while the job goes on, or why a job that was over goes on.
public enum RecoveryCause: String, Sendable, CaseIterable {
    /// The tier says that the run is gone.
    case runGone = "run_gone"
    /// The machine was lost under the trainer.
    case machineLost = "machine_lost"
    /// Neither the trainer nor the tier could be heard for a whole lease.
    case silent
    /// The provider took the machine back, or the trainer was asked to stop.
    case preempted
    /// The run's or the session's time was over, and the trainer stopped in order.
    case sessionEnded = "session_ended"
    /// The trainer ended without a result.
    case runEnded = "run_ended"
    /// The trainer gave up over something that another machine may not meet.
    case trainerFailed = "trainer_failed"
    /// The run took longer than it may, and did not stop when it was asked to.
    case overdue
    /// The trainer's checkpoint did not restore: no more machines that may be taken back.
    case canaryFailed = "canary_failed"
    /// The tier refused the launch for now: no capacity, or no quota.
    case launchRefused = "launch_refused"
    /// The place of the attempt's spec is taken by another: the document was changed or made anew.
    case specTaken = "spec_taken"
    /// Somebody asked for the failed job to be tried again.
    case retried

    /// Whether the machine is to blame: such attempts have a large budget of their own.
    public var isLoss: Bool { [.runGone, .machineLost, .silent, .preempted].contains(self) }

    /// Whether the code is to blame: such attempts are few.
    public var isFault: Bool { [.runEnded, .trainerFailed, .overdue, .canaryFailed, .specTaken].contains(self) }
}

/// Why a trainer stopped in order before its end.
public enum StopCause: String, Sendable, CaseIterable {
    /// Its process was asked to end: a cancelled or preempted run, a shutdown.
    case terminated
    /// The provider takes the machine back.
    case machineReclaimed = "machine_reclaimed"
    /// The machine's host is about to be maintained, and the machine ends with it.
    case hostMaintenance = "host_maintenance"
    /// The session's time is over.
    case sessionLimit = "session_limit"
    /// The run's time is over.
    case runLimit = "run_limit"
    /// The job's document asks for it.
    case requested

    /// Whether nothing was lost but time that was known to end.
    var isEndOfTime: Bool { self == .sessionLimit || self == .runLimit }
}

/// Why a job is asked to stop while it runs, in the order in which they count: of several, the last.
public enum StopReason: String, Sendable, CaseIterable {
    /// It has cost what it may.
    case spendCap = "spend_cap"
    /// It takes longer than any job may.
    case deadline
    /// Somebody asked for it.
    case cancelled

    /// How the job fails that stopped for it.
    public var failureCode: JobFailureCode {
        switch self {
        case .spendCap: .spendCapReached
        case .deadline: .deadlineExceeded
        case .cancelled: .cancelled
        }
    }

    /// Whether another reason gives way to it.
    func outranks(_ other: StopReason?) -> Bool {
        guard let other, let place = Self.allCases.firstIndex(of: other) else { return true }
        return Self.allCases[(place + 1)...].contains(self)
    }
}

/// Why a job failed: closed, stable. `docs/errors.md` says what to do about each.
public enum JobFailureCode: String, Sendable, CaseIterable {
    /// Somebody asked for it.
    case cancelled
    /// Too many attempts were lost.
    case attemptsExhausted = "attempts_exhausted"
    /// No place took the run, however often they were asked.
    case capacityExhausted = "capacity_exhausted"
    /// No place may be used: none is configured, or each is ruled out.
    case noPlace = "no_place"
    /// The tier refuses the run for good.
    case launchFailed = "launch_failed"
    /// It has cost what it may; its checkpoints are kept.
    case spendCapReached = "spend_cap_reached"
    /// It took longer than any job may.
    case deadlineExceeded = "deadline_exceeded"
    /// The dataset holds nothing to train on.
    case noTrainableSteps = "no_trainable_steps"
    /// The dataset is not what the manifest says, or cannot be read as episodes.
    case datasetInvalid = "dataset_invalid"
    /// The config does not fit the model.
    case configInvalid = "config_invalid"
    /// The engine could not be started or failed on a step.
    case engineFailed = "engine_failed"
    /// The loss is no finite number any more.
    case diverged
    /// The model could not be registered.
    case registrationFailed = "registration_failed"

    /// Whether another try may not meet it, on another machine or when a service answers again: where a trainer reports
    /// it, it costs an attempt.
    public var mayPass: Bool {
        switch self {
        case .engineFailed, .registrationFailed: true
        case .cancelled, .attemptsExhausted, .capacityExhausted, .noPlace, .launchFailed, .spendCapReached,
            .deadlineExceeded, .noTrainableSteps, .datasetInvalid, .configInvalid, .diverged:
            false
        }
    }
}

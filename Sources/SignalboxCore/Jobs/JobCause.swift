/// Why a job stands where it stands: closed, each with a code of its own.
public enum JobCause: Sendable, Equatable, Hashable, CaseIterable {
    /// Where the job stands explains it.
    case standing(Standing)
    /// The last attempt was given up; the next is about to begin.
    case givenUp(RecoveryCause)
    /// The tier cannot do what is needed.
    case problem(TierError.Code)
    /// The job failed.
    case failure(JobFailureCode)

    /// Where a job stands, as far as its document and the time tell.
    public enum Standing: String, Sendable, CaseIterable {
        /// Opened; the event that starts it is on its way.
        case eventAwaited = "event_awaited"
        /// Nothing stands in its way and nobody came: the event was lost.
        case eventLost = "event_lost"
        /// No place had capacity: it is asked again later.
        case capacityAwaited = "capacity_awaited"
        /// The last attempt's run is being given back.
        case runReleasing = "run_releasing"
        /// The last attempt was taken from its trainer, which may write until its lease is over.
        case leaseAwaited = "lease_awaited"
        /// A launch is under way.
        case launchUnderWay = "launch_under_way"
        /// The launcher's lease ran out: it died, or its answer was lost.
        case launcherDied = "launcher_died"
        /// The run waits in the tier's queue, or its machine starts.
        case queued
        /// The machine is there; the trainer has not reported yet.
        case startAwaited = "start_awaited"
        /// The trainer has not reported within its start lease.
        case startOverdue = "start_overdue"
        /// The trainer reports.
        case running
        /// The trainer is asked to checkpoint and stop.
        case stopping
        /// The trainer's lease ran out.
        case trainerSilent = "trainer_silent"
        /// The trainer's lease ran out, and its tier cannot be reached either.
        case tierSilent = "tier_silent"
        /// The run takes longer than it may.
        case runOverdue = "run_overdue"
        /// The job takes longer than any job may.
        case deadlinePassed = "deadline_passed"
        /// Somebody asked to stop it; nobody has done so yet.
        case cancelRequested = "cancel_requested"
        /// Done: the model is registered.
        case completed
        /// Failed, and no reason stands in the document.
        case failureUnexplained = "failure_unexplained"
        /// A problem is noted under a code that this version does not know.
        case problemUnknown = "problem_unknown"
    }

    /// All causes.
    public static var allCases: [JobCause] {
        Standing.allCases.map(JobCause.standing) + RecoveryCause.allCases.map(JobCause.givenUp)
            + TierError.Code.allCases.map(JobCause.problem) + JobFailureCode.allCases.map(JobCause.failure)
    }

    /// The code, unique among all causes.
    public var code: String {
        switch self {
        case .standing(let standing): standing.rawValue
        case .givenUp(let cause): cause.rawValue
        case .problem(let code): code.rawValue
        case .failure(let code): code.rawValue
        }
    }
}

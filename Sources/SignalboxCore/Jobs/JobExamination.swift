import Wire

/// A job under examination: what its document and the time tell.
struct JobExamination {
    /// How long after something is due the sweep should have come: it runs every few minutes.
    static let sweepSecondsMax = 600

    let job: Job
    let now: Timestamp
    let policy: JobPolicy

    /// The one cause, the first that holds: what ends the job before what hinders it, what hinders it before what it
    /// waits for.
    var cause: JobCause {
        switch job.phase {
        case .completed: return .standing(.completed)
        case .failed: return job.failure.map { .failure($0.code) } ?? .standing(.failureUnexplained)
        case .pending, .launching, .launched, .running: break
        }
        if isStopping { return .standing(.stopping) }
        if job.cancelRequested { return .standing(.cancelRequested) }
        if now - job.openedAt >= .seconds(policy.jobSecondsMax) { return .standing(.deadlinePassed) }
        if let problem = standingProblem {
            return TierError.Code(rawValue: problem.code).map(JobCause.problem) ?? .standing(.problemUnknown)
        }
        switch job.phase {
        case .pending: return pendingCause
        case .launching: return .standing(isLeaseOver ? .launcherDied : .launchUnderWay)
        case .launched: return .standing(launchedStanding)
        case .running: return .standing(runningStanding)
        case .completed: return .standing(.completed)
        case .failed: return .standing(.failureUnexplained)
        }
    }

    /// The noted problem; one that was noted before the run was given back hinders nobody any more.
    private var standingProblem: Job.Problem? {
        job.phase == .pending && !job.isReleasing ? nil : job.problem
    }

    private var pendingCause: JobCause {
        if job.isReleasing { return .standing(.runReleasing) }
        if let heldUntil = job.heldUntil, heldUntil > now { return .standing(.leaseAwaited) }
        if let notBefore = job.notBefore, notBefore > now { return .standing(.capacityAwaited) }
        if now - dueSince >= .seconds(Sweeper.pendingSeconds) { return .standing(.eventLost) }
        return job.recoveries.last.map { .givenUp($0.cause) } ?? .standing(.eventAwaited)
    }

    private var launchedStanding: JobCause.Standing {
        if isOverdue { return .runOverdue }
        if isLeaseOver { return job.lease?.tierSilentSince == nil ? .startOverdue : .tierSilent }
        return job.placement?.billedSince == nil ? .queued : .startAwaited
    }

    private var runningStanding: JobCause.Standing {
        if isOverdue { return .runOverdue }
        if isLeaseOver { return job.lease?.tierSilentSince == nil ? .trainerSilent : .tierSilent }
        return job.stopReason == nil ? .running : .stopping
    }

    /// Whether a trainer that is heard has its time to stop.
    private var isStopping: Bool {
        guard job.phase == .running, !isLeaseOver, let stopBy = job.stopBy else { return false }
        return stopBy > now
    }

    var isLeaseOver: Bool { job.lease.map { $0.expiresAt <= now } ?? true }

    private var isOverdue: Bool { overdueSince.map { $0 <= now } ?? false }

    /// When the run will have taken longer than it may, the time to stop in order included.
    var overdueSince: Timestamp? { job.overdueAt }

    /// Since when somebody should have attended to the job.
    var dueSince: Timestamp {
        switch job.phase {
        case .pending: max(job.updatedAt, job.notBefore ?? job.updatedAt, job.heldUntil ?? job.updatedAt)
        case .launching: job.lease?.expiresAt ?? job.updatedAt
        case .launched, .running:
            min(job.lease?.expiresAt ?? job.updatedAt, overdueSince ?? now, job.stopBy ?? now)
        case .completed, .failed: job.updatedAt
        }
    }

    // MARK: - Words

    /// Where the attempt runs, or is to run.
    var place: String { job.placement?.place.description ?? "its tier" }

    /// `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`: how long ago, or how long until.
    func span(_ time: Timestamp) -> String { Self.text(of: time > now ? time - now : now - time) }

    /// A duration in its two largest units.
    static func text(of duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
        default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
        }
    }
}

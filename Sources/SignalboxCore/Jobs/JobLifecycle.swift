public import Wire

/// What happened to a job, or who looks at it.
public enum JobInput: Sendable, Equatable {
    /// A function looks: an event named the job, or the sweep found it. `launcher` is unique to this look; `tier` is
    /// where an attempt claimed now is to run.
    case attended(launcher: String, tier: String)
    /// The tier was asked for the attempt's run before launching: the handle, or nil where there is none.
    case found(attempt: Int, handle: String?)
    /// The tier took the run.
    case launched(attempt: Int, handle: String)
    /// The tier refused the run; `isTransient` where another try may work.
    case launchRefused(attempt: Int, message: String, isTransient: Bool)
    /// What the tier says of a run whose lease ran out; nil where the tier cannot be reached.
    case inspected(attempt: Int, state: RunState?)
    /// The trainer lives.
    case heartbeat(attempt: Int, progress: Job.Progress?)
    /// The trainer stopped in order because its machine is taken back.
    case preempted(attempt: Int)
    /// The trainer registered a model.
    case completed(attempt: Int, TrainingResult)
    /// The trainer gave up.
    case failed(attempt: Int, Job.Failure)
}

/// What is to be done outside, once the new state is written.
public enum JobAction: Sendable, Equatable {
    /// Ask the tier for the attempt's run by name, and answer with `found`.
    case find(attempt: Int)
    /// Launch the attempt, and answer with `launched` or `launchRefused`.
    case launch(attempt: Int)
    /// Ask the tier how the run is, and answer with `inspected`.
    case inspect(attempt: Int, handle: String?)
    /// Stop the run.
    case cancel(handle: String)
    /// Come back then: another launcher is at work, or the tier cannot be reached.
    case wait(until: Timestamp)
}

/// What the machine decided: a closed code for logs.
public enum JobDecision: String, Sendable, CaseIterable {
    /// An attempt was claimed.
    case attemptClaimed = "attempt_claimed"
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
    /// The run's lease is fresh.
    case leaseFresh = "lease_fresh"
    /// The run's lease ran out: the tier is asked.
    case leaseExpired = "lease_expired"
    /// The tier says that the run lives: its lease goes on.
    case leaseExtended = "lease_extended"
    /// The tier cannot be reached: no evidence.
    case tierUnreachable = "tier_unreachable"
    /// The trainer lives.
    case heartbeat
    /// The attempt was given up; another will be made.
    case attemptGivenUp = "attempt_given_up"
    /// The job is completed.
    case completed
    /// The job failed.
    case failed
    /// The input is of another attempt than the document's.
    case staleAttempt = "stale_attempt"
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
}

/// How long and how often.
public struct JobPolicy: Sendable, Equatable {
    /// How long a launcher may take to launch.
    public var launchLeaseSeconds: Int
    /// How long a launched run may take to its first heartbeat.
    public var startLeaseSeconds: Int
    /// How long a trainer may be silent.
    public var leaseSeconds: Int
    /// Attempts in all, those not counted that were lost to preemption.
    public var attemptsMax: Int
    /// Attempts that may be lost to preemption.
    public var preemptionsMax: Int

    /// A policy; unnamed parts as the defaults say.
    public init(
        launchLeaseSeconds: Int = 60,
        startLeaseSeconds: Int = 300,
        leaseSeconds: Int = 60,
        attemptsMax: Int = 3,
        preemptionsMax: Int = 50
    ) {
        self.launchLeaseSeconds = launchLeaseSeconds
        self.startLeaseSeconds = startLeaseSeconds
        self.leaseSeconds = leaseSeconds
        self.attemptsMax = attemptsMax
        self.preemptionsMax = preemptionsMax
    }
}

/// The lifecycle of a job as a pure function: nothing else decides.
///
/// | phase | legal next phases |
/// |---|---|
/// | `pending` | `launching`, `failed` (cancelled) |
/// | `launching` | `launched`, `running` (before its launcher reports), `pending` (refused), `completed`, `failed` |
/// | `launched` | `running`, `pending` (lost), `completed`, `failed` |
/// | `running` | `pending` (lost or preempted), `completed`, `failed` |
/// | `completed`, `failed` | none |
public struct JobLifecycle: Sendable {
    private let policy: JobPolicy

    /// A machine with a policy.
    public init(policy: JobPolicy = JobPolicy()) { self.policy = policy }

    /// The next state and what to do.
    public func step(_ job: Job, _ input: JobInput, now: Timestamp) -> JobTransition {
        guard !job.phase.isTerminal else { return JobTransition(job: job, actions: [], decision: .terminal) }
        if let attempt = input.attempt, attempt != job.attempt {
            return JobTransition(job: job, actions: [], decision: .staleAttempt)
        }
        var transition = JobTransition(job: job, actions: [], decision: .ignored)
        switch input {
        case .attended(let launcher, let tier): attend(&transition, launcher: launcher, tier: tier, now: now)
        case .found(let attempt, let handle): found(&transition, attempt: attempt, handle: handle, now: now)
        case .launched(_, let handle): launched(&transition, handle: handle, .runLaunched, now: now)
        case .launchRefused(_, let message, let isTransient):
            refused(&transition, message: message, isTransient: isTransient, now: now)
        case .inspected(_, let state): inspected(&transition, state: state, now: now)
        case .heartbeat(_, let progress): heartbeat(&transition, progress: progress, now: now)
        case .preempted: giveUp(&transition, .preempted, "the trainer checkpointed and stopped", now: now)
        case .completed(_, let result): complete(&transition, result)
        case .failed(_, let failure):
            // A run that was given up has no say in what comes after it.
            if job.phase != .pending { fail(&transition, failure) }
        }
        if transition.job != job {
            // Firestore keeps microseconds; a clock that stands still or goes back must not hide a change.
            let next = job.updatedAt + .microseconds(1)
            transition.job.updatedAt = max(now.truncatedToMicroseconds, next)
        }
        return transition
    }

    private func attend(_ transition: inout JobTransition, launcher: String, tier: String, now: Timestamp) {
        let job = transition.job
        if job.cancelRequested {
            if let handle = job.handle { transition.actions = [.cancel(handle: handle)] }
            return fail(&transition, Job.Failure(.cancelled, "cancelled on request"))
        }
        switch job.phase {
        case .pending:
            transition.job.phase = .launching
            transition.job.attempt += 1
            transition.job.handle = nil
            transition.job.tier = tier
            transition.job.lease = lease(launcher, policy.launchLeaseSeconds, now)
            transition.actions = [.launch(attempt: transition.job.attempt)]
            transition.decision = .attemptClaimed
        case .launching:
            if let lease = job.lease, lease.expiresAt > now, lease.holder != launcher {
                transition.actions = [.wait(until: lease.expiresAt)]
                transition.decision = .launcherBusy
            } else {
                transition.job.lease = lease(launcher, policy.launchLeaseSeconds, now)
                transition.actions = [.find(attempt: job.attempt)]
                transition.decision = .launchTakenOver
            }
        case .launched, .running:
            if let lease = job.lease, lease.expiresAt > now {
                transition.decision = .leaseFresh
            } else {
                transition.actions = [.inspect(attempt: job.attempt, handle: job.handle)]
                transition.decision = .leaseExpired
            }
        case .completed, .failed:
            transition.decision = .terminal
        }
    }

    private func found(_ transition: inout JobTransition, attempt: Int, handle: String?, now: Timestamp) {
        guard transition.job.phase == .launching else { return }
        if let handle { return launched(&transition, handle: handle, .runAdopted, now: now) }
        transition.actions = [.launch(attempt: attempt)]
        transition.decision = .runMissing
    }

    private func launched(
        _ transition: inout JobTransition,
        handle: String,
        _ decision: JobDecision,
        now: Timestamp
    ) {
        transition.job.handle = handle
        transition.decision = decision
        // The trainer may have reported before its launcher did: its own lease stays.
        guard transition.job.phase == .launching else { return }
        transition.job.phase = .launched
        transition.job.lease = lease(handle, policy.startLeaseSeconds, now)
    }

    private func refused(_ transition: inout JobTransition, message: String, isTransient: Bool, now: Timestamp) {
        guard transition.job.phase == .launching else { return }
        guard isTransient else { return fail(&transition, Job.Failure(.launchFailed, message)) }
        giveUp(&transition, .launchRefused, message, now: now)
    }

    private func inspected(_ transition: inout JobTransition, state: RunState?, now: Timestamp) {
        let job = transition.job
        guard job.phase == .launched || job.phase == .running, var lease = job.lease, lease.expiresAt <= now else {
            return
        }
        switch state {
        case .starting, .running:
            transition.job.lease = self.lease(lease.holder, policy.leaseSeconds, now)
            transition.decision = .leaseExtended
        case .gone: giveUp(&transition, .runGone, "the tier knows no such run", now: now)
        case .preempted: giveUp(&transition, .preempted, "the tier took the machine back", now: now)
        case .ended(let detail): giveUp(&transition, .runEnded, detail, now: now)
        case nil:
            transition.decision = .tierUnreachable
            let since = lease.tierSilentSince ?? now.truncatedToMicroseconds
            if now - since >= .seconds(policy.leaseSeconds) {
                giveUp(&transition, .silent, "neither trainer nor tier was heard since \(since)", now: now)
            } else {
                lease.tierSilentSince = since
                transition.job.lease = lease
                transition.actions = [.wait(until: since + .seconds(policy.leaseSeconds))]
            }
        }
    }

    private func heartbeat(_ transition: inout JobTransition, progress: Job.Progress?, now: Timestamp) {
        guard transition.job.phase != .pending else { return }
        transition.job.phase = .running
        transition.job.progress = progress ?? transition.job.progress
        let holder = transition.job.handle ?? transition.job.lease?.holder ?? transition.job.id
        transition.job.lease = lease(holder, policy.leaseSeconds, now)
        transition.decision = .heartbeat
    }

    private func complete(_ transition: inout JobTransition, _ result: TrainingResult) {
        guard transition.job.phase != .pending else { return }
        transition.job.phase = .completed
        transition.job.result = result
        transition.job.progress = Job.Progress(step: result.steps, totalSteps: result.steps, loss: result.finalLoss)
        transition.job.lease = nil
        transition.decision = .completed
    }

    private func fail(_ transition: inout JobTransition, _ failure: Job.Failure) {
        transition.job.phase = .failed
        transition.job.failure = failure
        transition.job.lease = nil
        transition.decision = .failed
    }

    private func giveUp(
        _ transition: inout JobTransition,
        _ cause: RecoveryCause,
        _ evidence: String,
        now: Timestamp
    ) {
        guard transition.job.phase != .pending else { return }
        let recovery = Job.Recovery(
            at: now.truncatedToMicroseconds,
            attempt: transition.job.attempt,
            cause: cause,
            evidence: evidence
        )
        transition.job.recoveries.append(recovery)
        transition.job.lease = nil
        let preemptions = transition.job.recoveries.count { $0.cause == .preempted }
        let losses = transition.job.recoveries.count - preemptions
        guard losses < policy.attemptsMax, preemptions <= policy.preemptionsMax else {
            let message = "attempt \(transition.job.attempt) was the last: \(cause.rawValue), \(evidence)"
            return fail(&transition, Job.Failure(.attemptsExhausted, message))
        }
        transition.job.phase = .pending
        transition.decision = .attemptGivenUp
    }

    private func lease(_ holder: String, _ seconds: Int, _ now: Timestamp) -> Job.Lease {
        Job.Lease(holder: holder, expiresAt: (now + .seconds(seconds)).truncatedToMicroseconds)
    }
}

extension JobInput {
    /// The attempt it is about; nil where it is about the job.
    var attempt: Int? {
        switch self {
        case .attended: nil
        case .found(let attempt, _), .launched(let attempt, _), .launchRefused(let attempt, _, _),
            .inspected(let attempt, _), .heartbeat(let attempt, _), .preempted(let attempt),
            .completed(let attempt, _), .failed(let attempt, _):
            attempt
        }
    }
}

public import Wire

/// What happened to a job, or who looks at it.
public enum JobInput: Sendable, Equatable {
    /// A function looks: an event named the job, or the sweep found it. `launcher` is unique to this look; the ladder
    /// says where an attempt claimed now may run.
    case attended(launcher: String, ladder: Ladder)
    /// The tier was asked for the attempt's run before launching: the handle, or nil where there is none. That there
    /// is none counts only from the launcher that may launch: one that was taken over says it too late.
    case found(attempt: Int, handle: String?, launcher: String)
    /// The tier took the run.
    case launched(attempt: Int, handle: String)
    /// The tier refused the run; what a launcher heard that was taken over says nothing of the next one's launch.
    case launchRefused(attempt: Int, TierError, launcher: String)
    /// The attempt's spec cannot be written: another one stands in its place.
    case specTaken(attempt: Int, message: String, launcher: String)
    /// What the tier says of a run, or why it says nothing. `of` is the run's handle where the job's document knows
    /// another one: the run it knows is over, and this one of the same attempt lives. `asOf` is the `updatedAt` of the
    /// job that made it be asked: what is known since then is the better evidence, however long the answer took to be
    /// noted.
    case inspected(attempt: Int, Result<RunState, TierError>, of: String? = nil, asOf: Timestamp)
    /// The last lines of the log of the last attempt's trainer, which is overdue; none where they cannot be read.
    case logRead(attempt: Int, [String])
    /// The run of a given-up attempt holds nothing any more.
    case released(attempt: Int)
    /// The tier could not do what is needed before the job can go on; `asOf` as with `inspected`.
    case tierFailed(attempt: Int, TierError, asOf: Timestamp)
    /// The trainer lives. `runner` is unique to its process, and only a process' first word may take an attempt over
    /// whose last holder went silent: one that was silent itself and comes back may not.
    case heartbeat(attempt: Int, runner: String, progress: Job.Progress?, isFirst: Bool = true)
    /// A checkpoint of the job was written, read back and compared before the first step; `log` has the last lines of
    /// the trainer's log where it is no longer the same.
    case canary(attempt: Int, runner: String, passed: Bool, log: [String] = [])
    /// The trainer stopped in order: its machine is taken back, its time is over, or it was asked to.
    case preempted(attempt: Int, runner: String, because: StopCause = .terminated)
    /// The trainer registered a model.
    case completed(attempt: Int, runner: String, TrainingResult)
    /// The trainer gave up.
    case failed(attempt: Int, runner: String, Job.Failure)
    /// Somebody asks for the failed job to be tried again, on another tier or with another cap where these are named.
    case retried(tier: String?, spendMaxUSD: Double?)

    /// The inputs by name, for the table of transitions.
    public enum Kind: String, Sendable, CaseIterable {
        /// A function looks.
        case attended
        /// The tier was asked for a run.
        case found
        /// The tier took the run.
        case launched
        /// The tier refused the run.
        case launchRefused = "launch_refused"
        /// The spec's place is taken.
        case specTaken = "spec_taken"
        /// The tier tells how a run is.
        case inspected
        /// An overdue run's log is read.
        case logRead = "log_read"
        /// A given-up run holds nothing any more.
        case released
        /// The tier could not do what is needed.
        case tierFailed = "tier_failed"
        /// The trainer lives.
        case heartbeat
        /// The trainer tried whether its checkpoint restores.
        case canary
        /// The trainer stopped in order.
        case preempted
        /// The trainer registered a model.
        case completed
        /// The trainer gave up.
        case failed
        /// Somebody asks for another try.
        case retried
    }

    /// Which kind it is.
    public var kind: Kind {
        switch self {
        case .attended: .attended
        case .found: .found
        case .launched: .launched
        case .launchRefused: .launchRefused
        case .specTaken: .specTaken
        case .inspected: .inspected
        case .logRead: .logRead
        case .released: .released
        case .tierFailed: .tierFailed
        case .heartbeat: .heartbeat
        case .canary: .canary
        case .preempted: .preempted
        case .completed: .completed
        case .failed: .failed
        case .retried: .retried
        }
    }

    /// The attempt that an input is about; nil where it is about whichever is under way.
    public var attempt: Int? {
        switch self {
        case .attended, .retried: nil
        case .found(let attempt, _, _), .launched(let attempt, _), .launchRefused(let attempt, _, _),
            .specTaken(let attempt, _, _), .inspected(let attempt, _, _, _), .logRead(let attempt, _),
            .released(let attempt), .tierFailed(let attempt, _, _), .heartbeat(let attempt, _, _, _),
            .canary(let attempt, _, _, _), .preempted(let attempt, _, _), .completed(let attempt, _, _),
            .failed(let attempt, _, _):
            attempt
        }
    }

    /// The trainer's process that reports; nil where it is no report of a trainer.
    var runner: String? {
        switch self {
        case .heartbeat(_, let runner, _, _), .canary(_, let runner, _, _), .preempted(_, let runner, _),
            .completed(_, let runner, _), .failed(_, let runner, _):
            runner
        default: nil
        }
    }
}

/// What is to be done outside, once the new state is written.
public enum JobAction: Sendable, Equatable {
    /// Ask the tier for the attempt's run by name, and answer with `found`.
    case find(attempt: Int)
    /// Launch the attempt, and answer with `launched`, `launchRefused` or `specTaken`.
    case launch(attempt: Int)
    /// Ask the tier how the run is, and answer with `inspected`.
    case inspect(attempt: Int, handle: String?)
    /// Stop the run of a given-up attempt, by its name where there is no handle, and see whether it is over: answer
    /// with `released`, or with `inspected` where it is not and a problem is noted.
    case release(attempt: Int, handle: String?)
    /// Read the last lines of the trainer's log before the job fails, and answer with `logRead`.
    case readLog(attempt: Int)
    /// Stop the run; whether that worked is seen at the next look.
    case cancel(handle: String)
    /// Look again at once: what stood in the way is gone.
    case attendAgain
    /// Come back then: another launcher is at work, the tier cannot be reached, or a trainer was asked to stop.
    case wait(until: Timestamp)
}

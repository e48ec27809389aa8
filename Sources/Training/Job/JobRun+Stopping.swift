import SignalboxCore
import Wire

/// How an attempt ends that is asked to: in the time that whoever asks leaves.
extension JobRun {
    /// How long a machine leaves a process after SIGTERM where nothing else is said: on demand what `local`, Slurm and
    /// Vertex AI leave it.
    public static let stopSecondsStandard = 30
    /// The same on a spot machine, which has less: what its provider leaves it.
    static let stopSecondsOfSpot = 20
    /// The same in a job of Cloud Run (https://cloud.google.com/run/docs/container-contract#jobs).
    public static let stopSecondsOfCloudRun = 10
    /// From one look for another cause to the next.
    private static let causeLook = Duration.seconds(1)
    /// The part of that which is kept back to say why the attempt ends.
    private static let wordShare = 5
    /// What is left of it when that is said, to end in.
    private static let exitSeconds = 2
    /// How long a command's last checkpoint may be on its way once the command's grace is over, at least.
    private static let uploadSecondsMin = 4

    /// How long the process has from the moment at which it is asked.
    private func stopSeconds(after cause: StopCause) -> Int {
        let usual = spec.provisioning == .spot ? Self.stopSecondsOfSpot : Self.stopSecondsStandard
        // Who gives a command longer knows of a machine that leaves longer.
        let machine =
            surroundings.stopSeconds
            ?? max(usual, commandGraceSeconds + Self.uploadSecondsMin + 2 * Self.exitSeconds)
        return switch cause {
        case .sessionLimit, .runLimit: max(machine, marginSeconds)
        case .requested: max(machine, JobPolicy.stopSeconds)
        default: machine
        }
    }

    /// How long from then what is on its way to the stores may take.
    private func uploadSeconds(after cause: StopCause) -> Int {
        let seconds = stopSeconds(after: cause)
        // A command has nothing to upload before it has ended.
        let least = commandGraceSeconds > 0 ? commandGraceSeconds + Self.uploadSecondsMin : 0
        return min(max(seconds - seconds / Self.wordShare, least), seconds - Self.exitSeconds)
    }

    /// Gives up what is on its way to the stores once the rest of the time is needed to say so: with the stores away
    /// it may never end. Of several causes the one that leaves the least time counts.
    func endTimeAfterStop(_ stop: StopSignal, _ observer: JobObserver) async {
        await stop.requested()
        let clock = surroundings.clock
        var end: Timestamp?
        var seen = 0
        repeat {
            let causes = stop.causes
            for cause in causes.dropFirst(seen) {
                let time = clock.now() + .seconds(uploadSeconds(after: cause))
                end = min(end ?? time, time)
                await observer.log(.info, "asked to stop: \(cause.rawValue)")
            }
            seen = causes.count
            guard let end, end > clock.now() else { break }
            do { try await clock.sleep(for: min(end - clock.now(), Self.causeLook)) } catch { return }
        } while !Task.isCancelled
        if seen > 0 { stop.endTime() }
    }

    /// Keeps the last checkpoint and uploads the logs, as far as there is time, and reports that the run has stopped.
    ///
    /// - Parameter resumedStep: of the checkpoint that it went on from.
    func stepDown(
        resumedStep: Int?,
        _ observer: JobObserver,
        _ keeper: CheckpointKeeper,
        _ stop: StopSignal
    ) async throws -> Ending {
        // Before the job is given up: afterwards the logs are the next attempt's.
        try await storeRest(as: .preempted, observer, keeper, stop)
        return try await stepDown(keptStep: await keeper.keptStep ?? resumedStep, observer, stop)
    }

    /// Brings the last checkpoint and the logs to their stores, as far as there is time.
    func storeRest(
        as status: RunStatus,
        _ observer: JobObserver,
        _ keeper: CheckpointKeeper,
        _ stop: StopSignal
    ) async throws {
        do {
            try await stop.inTime {
                try await stop.whileOwn {
                    _ = try await keeper.settle()
                    await observer.flushAtEnd(as: status)
                }
            }
        } catch is OutOfTime {
            await observer.log(.warning, "no time is left for what is not stored by now")
        }
    }

    /// Reports that the run has stopped in order. Where nobody can be told in time, its exit status tells the tier.
    func stepDown(keptStep: Int?, _ observer: JobObserver, _ stop: StopSignal) async throws -> Ending {
        let cause = stop.cause ?? .terminated
        let input = JobInput.preempted(attempt: spec.attempt, runner: surroundings.runner, because: cause)
        let (ledger, jobID, clock) = (ledger, spec.jobID, surroundings.clock)
        let telling = Task { try await ledger.apply(input, to: jobID) }
        let seconds = max(1, stopSeconds(after: cause) / Self.wordShare - Self.exitSeconds)
        let alarm = Task {
            try await clock.sleep(for: .seconds(seconds))
            telling.cancel()
        }
        defer { alarm.cancel() }
        let transition: JobTransition
        do { transition = try await telling.value } catch {
            guard telling.isCancelled || Outage(error) != nil else { throw error }
            await observer.log(.warning, "the job could not be told that the attempt stops: \(error)")
            return .preempted(cause, keptStep: keptStep)
        }
        stop.fence(transition.decision)
        let isStopped = StopReason.allCases.contains { $0.failureCode == transition.job.failure?.code }
        return transition.decision == .attemptGivenUp || isStopped
            ? .preempted(cause, keptStep: keptStep) : .fenced(transition.decision)
    }

    /// How an attempt ends that was asked to before its first step.
    func end(interrupted observer: JobObserver, _ lease: HeldLease, _ stop: StopSignal) async throws -> Ending {
        if let decision = stop.fence { return .fenced(decision) }
        // One that never reported has nothing to take back.
        guard lease.wasHeld else { return .preempted(stop.cause ?? .terminated, keptStep: nil) }
        try? await stop.inTime { await observer.flushAtEnd(as: .preempted) }
        let ending = try await stepDown(keptStep: nil, observer, stop)
        guard case .preempted(let cause, nil) = ending else { return ending }
        // What earlier attempts have kept, by its name; it matters to nobody but the reader of the last line.
        let checkpoints = checkpoints()
        let kept = try? await stop.inTime { try await checkpoints.newestStep() }
        return .preempted(cause, keptStep: kept ?? nil)
    }
}

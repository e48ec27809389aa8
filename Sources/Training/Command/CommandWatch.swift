import Glibc
import SignalboxCore
import Synchronization
import Wire

/// Follows a command while it runs: takes its metrics and checkpoints over, and stops it when it is to stop.
struct CommandWatch: Sendable {
    let process: SpawnedProcess
    let folders: CommandFolders
    let fingerprint: String
    let totalSteps: Int?
    let graceSeconds: Int
    let clock: any Clock
    let observer: JobObserver
    let keeper: CheckpointKeeper
    let stop: StopSignal
    /// The step that it goes on from.
    let firstStep: Int?
    /// What is measured, from what was measured before.
    let metrics: CommandMetrics
    /// A clock that only goes forward.
    var seconds: @Sendable () -> Double = StepBenchmark.monotonicSeconds

    /// Runs until the command has ended.
    ///
    /// - Returns: how it ended, whether it was asked to, and all that it measured.
    /// - Throws: what kept a checkpoint from being kept for good; the command is killed then.
    func run() async throws -> (SpawnedProcess.Ending, wasAsked: Bool, CommandMetrics) {
        let ended = EndingBox()
        let waiting = Task { ended.set(await process.wait()) }
        // Beside the rest: packing a large checkpoint takes a while, a notice leaves little time.
        let interrupting = Task { await interrupt(unless: ended) }
        defer { interrupting.cancel() }
        var metrics = metrics
        var keptStep = firstStep ?? -1
        // The command says when it makes one; what taking it over costs the machine is bounded here.
        var pace = CheckpointPace(everySteps: 1, everySeconds: 0, now: seconds())
        var flaws = 0
        do {
            while true {
                // Looked at first: what the command leaves at its end is taken over after that.
                let ending = ended.value
                let wasAsked = try await ending == nil ? false : self.wasAsked(interrupting)
                // Before the metrics: what was measured before a checkpoint was completed is then known.
                let newest = CommandCheckpoint.newestStep(in: folders.checkpoints)
                await take(&metrics, toItsEnd: ending != nil)
                if metrics.flawCount > 0, flaws == 0 {
                    await observer.log(.warning, "metrics.jsonl has lines that are no JSON objects with a step")
                }
                flaws = metrics.flawCount
                try await takeCheckpoint(newest, after: &keptStep, metrics, &pace, isLast: ending != nil)
                if let ending { return (ending, wasAsked, metrics) }
                try await clock.sleep(for: JobRun.commandLook)
            }
        } catch {
            process.signalGroup(SIGKILL)
            await waiting.value
            throw error
        }
    }

    /// Whether a command that has ended was asked to. What ends a machine, or all of a job's processes, sends SIGTERM
    /// to command and trainer alike.
    private func wasAsked(_ interrupting: Task<Bool, Never>) async throws -> Bool {
        // Its own may come a moment before the trainer has noted the other.
        if !stop.isRequested { try await clock.sleep(for: JobRun.commandLook) }
        interrupting.cancel()
        let wasTold = await interrupting.value
        return wasTold || stop.causes.contains(.terminated)
    }

    /// Stops the command once it is to stop.
    ///
    /// - Returns: whether it was told so.
    private func interrupt(unless ended: EndingBox) async -> Bool {
        var killAt: Timestamp?
        while !Task.isCancelled {
            // The job is another's: nothing of this one counts any more.
            if stop.fence != nil {
                process.signalGroup(SIGKILL)
            } else if let killAt {
                if clock.now() >= killAt { process.signalGroup(SIGKILL) }
            } else if stop.cause != nil, ended.value == nil {
                process.signalGroup(SIGTERM)
                killAt = clock.now() + .seconds(graceSeconds)
            }
            do { try await clock.sleep(for: JobRun.commandLook) } catch { break }
        }
        return killAt != nil
    }

    private func take(_ metrics: inout CommandMetrics, toItsEnd: Bool) async {
        repeat {
            for line in metrics.read() { await observer.didMeasure(line, totalSteps: totalSteps) }
        } while toItsEnd && metrics.hasMore
    }

    private func takeCheckpoint(
        _ newest: Int?,
        after keptStep: inout Int,
        _ metrics: CommandMetrics,
        _ pace: inout CheckpointPace,
        isLast: Bool
    ) async throws {
        let begin = seconds()
        guard stop.fence == nil, isLast || stop.isRequested || pace.isAffordable(at: begin), let step = newest,
            step > keptStep
        else { return }
        keptStep = step
        defer { pace.didSave(from: begin, to: seconds()) }
        do {
            let packed = try await CommandCheckpoint.pack(step: step, folders, metrics, fingerprint: fingerprint)
            try await keeper.keep(packed)
        } catch let error as TrainingError where error.code == .checkpointInvalid {
            // The command may have taken it away for a newer one.
            await observer.log(.warning, "\(error)")
        }
    }
}

/// How the process ended, once it has.
private final class EndingBox: Sendable {
    private let state = Mutex<SpawnedProcess.Ending?>(nil)

    var value: SpawnedProcess.Ending? { state.withLock { $0 } }

    func set(_ ending: SpawnedProcess.Ending) { state.withLock { $0 = ending } }
}

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

    /// Runs until the command has ended.
    ///
    /// - Returns: how it ended, and all that it measured.
    /// - Throws: what kept a checkpoint from being kept for good; the command is killed then.
    func run() async throws -> (SpawnedProcess.Ending, CommandMetrics) {
        let ended = EndingBox()
        let waiting = Task { ended.set(await process.wait()) }
        var metrics = metrics
        var keptStep = firstStep ?? -1
        var killAt: Timestamp?
        var flaws = 0
        do {
            while true {
                // Looked at first: what the command leaves at its end is taken over after that.
                let ending = ended.value
                for line in metrics.read() { await observer.didMeasure(line, totalSteps: totalSteps) }
                if metrics.flawCount > 0, flaws == 0 {
                    await observer.log(.warning, "metrics.jsonl has lines that are no JSON objects with a step")
                }
                flaws = metrics.flawCount
                try await takeCheckpoint(after: &keptStep, metrics.figures)
                if let ending { return (ending, metrics) }
                interrupt(&killAt)
                try await clock.sleep(for: JobRun.commandLook)
            }
        } catch {
            process.signalGroup(SIGKILL)
            await waiting.value
            throw error
        }
    }

    private func interrupt(_ killAt: inout Timestamp?) {
        // The job is another's: nothing of this one counts any more.
        if stop.fence != nil { return process.signalGroup(SIGKILL) }
        guard stop.cause != nil else { return }
        if let killAt {
            if clock.now() >= killAt { process.signalGroup(SIGKILL) }
        } else {
            process.signalGroup(SIGTERM)
            killAt = clock.now() + .seconds(graceSeconds)
        }
    }

    private func takeCheckpoint(after keptStep: inout Int, _ figures: RunFigures) async throws {
        guard stop.fence == nil, let step = CommandCheckpoint.newestStep(in: folders.checkpoints), step > keptStep
        else { return }
        keptStep = step
        do {
            let packed = try await CommandCheckpoint.pack(step: step, folders, figures, fingerprint: fingerprint)
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

import SignalboxCore
import Wire

extension JobRun {
    /// From one look at a command to the next.
    static let commandLook = Duration.milliseconds(250)

    /// Runs the deployment's training command on the verified package (`docs/trainer-command.md`).
    func supervise(_ observer: JobObserver, _ keeper: CheckpointKeeper, stop: StopSignal) async throws -> Ending {
        guard let settings = surroundings.command else {
            let message = "model_type is command, and SIGNALBOX_TRAINER_COMMAND is not set where the trainer runs"
            throw TrainingError(.commandMissing, message)
        }
        try checkTimeForCommand()
        // The lease is this process's: whatever an earlier one left here is nobody's any more.
        let job = "signalbox-\(spec.jobID)-"
        let abandoned = "\(settings.workFolder)/\(job)"
        let killedCount = CommandFolders.killProcesses { $0.hasPrefix(abandoned) }
        if killedCount > 0 {
            await observer.log(.warning, "processes of an earlier attempt still ran and were killed: \(killedCount)")
        }
        let folders = try CommandFolders(
            under: settings.workFolder,
            name: "\(job)\(spec.attempt)-\(surroundings.runner)",
            abandoned: job
        )
        defer {
            // What left the command's process group is known by its environment.
            CommandFolders.killProcesses { $0 == folders.output }
            folders.remove()
        }
        let arguments = try CommandArguments.filled(spec.config, folders)
        let fingerprint = commandFingerprint(settings)
        let (manifest, resumed) = try await stop.cancelling {
            let words = settings.command
            await observer.describe(try await BlockingThread.run { CommandProgram(words) })
            return try await prepare(folders, fingerprint, observer, stop)
        }
        await keeper.goOn(from: resumed?.step)
        let start = surroundings.clock.now()
        let command = try GuardedCommand(
            settings.command + arguments,
            environment: environment(settings, folders, resumed?.folder)
        )
        let watch = CommandWatch(
            process: command.process,
            folders: folders,
            fingerprint: fingerprint,
            totalSteps: spec.config.numSteps,
            graceSeconds: settings.graceSeconds,
            clock: surroundings.clock,
            observer: observer,
            keeper: keeper,
            stop: stop,
            firstStep: resumed?.step,
            metrics: CommandMetrics(path: folders.metrics, after: resumed?.figures, resumed?.validationLoss)
        )
        let (ending, wasAsked, metrics) = try await watch.run()
        withExtendedLifetime(command) {}
        if let decision = stop.fence { return .fenced(decision) }
        switch ending {
        // One that ends in order once it was asked to may have left half a model.
        case .exit(0) where !wasAsked:
            let seconds = surroundings.clock.now() - start
            return try await publishInTime(observer, keeper, stop) {
                try await publication(folders, manifest, metrics, seconds, observer)
            }
        case .exit(Int32(TrainerExit.preempted)),
            _ where wasAsked:
            return try await stepDown(resumedStep: resumed?.step, observer, keeper, stop)
        default:
            await observer.log(.error, "the command \(ending)")
            try await storeRest(as: .ended, observer, keeper, stop)
            return .ended("the command \(ending)")
        }
    }

    private func prepare(
        _ folders: CommandFolders,
        _ fingerprint: String,
        _ observer: JobObserver,
        _ stop: StopSignal
    ) async throws -> (Manifest, Resumed?) {
        let manifest = try await loader(stop).unpack(into: folders.data)
        await observer.log(.info, "dataset verified: \(manifest.episodes.count) files of \(spec.packageID)")
        await observer.describe(manifest, nil)
        let resumed = try await restore(folders, fingerprint, observer, stop)
        try await tryCanary(observer) { store in try await Canary(store: store).sings(in: folders, stop) }
        try await observer.begin(totalSteps: spec.config.numSteps ?? 0, after: resumed?.step ?? 0)
        return (manifest, resumed)
    }

    /// What a command goes on from.
    private struct Resumed: Sendable {
        let step: Int
        let folder: String
        let figures: RunFigures
        let validationLoss: Double?
    }

    /// What the command made, with what it was made of.
    private func publication(
        _ folders: CommandFolders,
        _ manifest: Manifest,
        _ metrics: CommandMetrics,
        _ trainingSeconds: Duration,
        _ observer: JobObserver
    ) async throws -> Publication {
        let files = try CommandOutput.files(
            folders,
            spec: spec,
            manifest: manifest,
            metrics: metrics,
            provenance: await observer.telemetry.record.summary
        )
        return Publication(
            figures: metrics.figures,
            files: files,
            environmentID: manifest.environmentID,
            trainingSeconds: trainingSeconds,
            createdAt: surroundings.clock.now()
        )
    }

    /// A checkpoint continues the same command on the same data with the same config.
    private func commandFingerprint(_ settings: CommandSettings) -> String {
        var config = spec.config
        // How often it is saved and where it runs may change.
        (config.tier, config.spendMaxUSD) = (nil, nil)
        // The same program may lie elsewhere on another machine.
        let program = settings.command[0].split(separator: "/").last.map(String.init) ?? ""
        let command = ([program] + settings.command.dropFirst()).joined(separator: "\0")
        let parts = [config.json.serialized(), spec.dataset.manifestDigest.hex, command]
        return SHA256.digest(of: parts.joined(separator: "\n")).hex
    }

    private func restore(
        _ folders: CommandFolders,
        _ fingerprint: String,
        _ observer: JobObserver,
        _ stop: StopSignal
    ) async throws -> Resumed? {
        let found = try await checkpoints().newest(of: fingerprint) { found in
            CommandCheckpoint(found)
        } passOver: { name, reason in
            await observer.log(.warning, "\(name) is passed over: \(reason)")
        }
        guard let found else { return nil }
        await observer.log(.info, "resuming from step \(found.step)")
        return Resumed(
            step: found.step,
            folder: try await found.unpack(into: folders, stop),
            figures: found.figures,
            validationLoss: found.validationLoss
        )
    }

    private func environment(
        _ settings: CommandSettings,
        _ folders: CommandFolders,
        _ resumeFrom: String?
    ) -> [String: String] {
        var variables = settings.inherited
        variables["SIGNALBOX_DATA"] = folders.data
        variables["SIGNALBOX_OUTPUT"] = folders.output
        variables["SIGNALBOX_CHECKPOINTS"] = folders.checkpoints
        variables["SIGNALBOX_RESUME_FROM"] = resumeFrom
        variables["SIGNALBOX_METRICS"] = folders.metrics
        variables["SIGNALBOX_JOB_ID"] = spec.jobID
        variables["SIGNALBOX_ATTEMPT"] = String(spec.attempt)
        variables["SIGNALBOX_SEED"] = String(spec.config.seed)
        variables["SIGNALBOX_EPOCHS"] = String(spec.config.epochs)
        variables["SIGNALBOX_CHECKPOINT_EVERY_STEPS"] = String(spec.config.checkpointEverySteps)
        variables["SIGNALBOX_CHECKPOINT_EVERY_SECONDS"] = String(spec.config.checkpointEverySeconds)
        return variables
    }
}

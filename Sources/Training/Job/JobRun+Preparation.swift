import SignalboxCore
import Wire

/// What comes before the first step: there is nothing to checkpoint yet, and whoever asks to end need not wait for it.
extension JobRun {
    /// All that a training needs.
    struct Prepared: Sendable {
        let bundle: ProgramBundle
        let manifest: Manifest
        let episodes: [Episode]
        let dataset: Dataset
        let loop: TrainingLoop
        let checkpoint: TrainingCheckpoint?
    }

    func prepare(_ observer: JobObserver, _ stop: StopSignal) async throws -> Prepared {
        let (engine, bundle) = try await makeEngine(spec.config)
        try Task.checkCancellation()
        let columns = try StepColumns(shape: engine.shape, config: spec.config)
        let (manifest, episodes) = try await loader(stop).load(columns, scratch: surroundings.scratch)
        await observer.log(.info, "dataset verified: \(episodes.count) episodes of \(spec.packageID)")
        let dataset = try Dataset(
            episodes: episodes,
            shape: engine.shape,
            label: columns.label,
            seed: UInt64(bitPattern: spec.config.seed)
        )
        let loop = try TrainingLoop(engine: engine, dataset: dataset, config: spec.config)
        let checkpoint = try await newestCheckpoint(of: loop, observer)
        await observer.describe(manifest, RunRecord.Engine(engine, bundle, dataset))
        try await tryCanary(observer) { store in try await Canary(store: store).sings(on: loop) }
        try await observer.begin(totalSteps: loop.totalSteps, after: checkpoint?.step ?? 0)
        return Prepared(
            bundle: bundle,
            manifest: manifest,
            episodes: episodes,
            dataset: dataset,
            loop: loop,
            checkpoint: checkpoint
        )
    }

    func loader(_ stop: StopSignal) -> DatasetLoader {
        DatasetLoader(objects: surroundings.objects, spec: spec, limits: surroundings.limits, stop: stop)
    }

    /// Shows before each attempt on a machine that may be taken back that checkpoints restore there: its store and its
    /// programs may be others than the last one's.
    ///
    /// - Throws: ``Fenced`` where they do not: the job goes on elsewhere.
    func tryCanary(_ observer: JobObserver, _ sings: (CheckpointStore) async throws -> Bool) async throws {
        guard spec.provisioning == .spot else { return }
        let passed = try await sings(checkpoints(isCanary: true))
        await observer.log(
            passed ? .info : .error,
            "canary: the checkpoint \(passed ? "restores" : "does not restore")"
        )
        let input = JobInput.canary(
            attempt: spec.attempt,
            runner: surroundings.runner,
            passed: passed,
            log: passed ? [] : await observer.lastLines
        )
        let transition = try await ledger.apply(input, to: spec.jobID)
        guard transition.decision == .canaryPassed else { throw Fenced(decision: transition.decision) }
    }

    /// The newest intact checkpoint of this very run; one of other data, config or programs is passed over.
    private func newestCheckpoint(of loop: TrainingLoop, _ observer: JobObserver) async throws -> TrainingCheckpoint? {
        let found: TrainingCheckpoint? = try await checkpoints().newest(of: loop.fingerprint) { found in
            try? TrainingCheckpoint(state: found.state, description: found.description)
        } passOver: { name, reason in
            await observer.log(.warning, "\(name) is passed over: \(reason)")
        }
        if let found { await observer.log(.info, "resuming from step \(found.step)") }
        return found
    }

    func checkpoints(isCanary: Bool = false) -> CheckpointStore {
        CheckpointStore(
            objects: surroundings.objects,
            layout: surroundings.layout,
            spec: spec,
            runner: surroundings.runner,
            isCanary: isCanary,
            kind: spec.config.modelType == JobConfig.commandType ? .archive : .tensors
        )
    }
}

public import SignalboxCore
import Wire

/// One attempt of a job, from its spec to a registered model: reads the dataset and verifies it again, goes on from
/// the newest intact checkpoint, trains, checkpoints, reports, publishes.
///
/// It writes the document only while that carries its attempt; once it does not, the run ends without another write.
public struct JobRun: Sendable {
    /// What makes a config's engine: its model's programs, and the engine that runs them.
    public typealias EngineMaker = @Sendable (_ config: JobConfig) async throws -> (any TrainingEngine, ProgramBundle)

    /// The `keyid` of models' signatures.
    public static let modelKeyID = "models"

    let spec: JobSpec
    let surroundings: Surroundings
    let makeEngine: EngineMaker
    let ledger: JobLedger

    /// An attempt as its spec says.
    public init(spec: JobSpec, surroundings: Surroundings, makeEngine: @escaping EngineMaker) {
        self.spec = spec
        self.surroundings = surroundings
        self.makeEngine = makeEngine
        ledger = JobLedger(documents: surroundings.documents, policy: surroundings.policy)
    }

    /// Runs the attempt to its end; `stop` asks it to checkpoint and end earlier.
    public func run(stop: StopSignal) async -> Ending {
        let lease = HeldLease(seconds: surroundings.policy.leaseSeconds, clock: surroundings.clock)
        let observer = JobObserver(spec: spec, surroundings: surroundings, lease: lease, stop: stop)
        let keeper = keeper(for: observer)
        let watching = Task { await endTimeAfterStop(stop, observer) }
        defer { watching.cancel() }
        let ending = await run(observer, keeper, lease, stop)
        // Nothing is written after the end, least of all by one whose job is another's.
        await keeper.drop()
        let status = await status(of: ending, stop)
        // A tracker that hangs takes no more of a stop's time than anything else.
        try? await stop.inTime { await observer.endTracking(as: status) }
        return ending
    }

    /// What trackers are told of the end; nil where another attempt will tell.
    private func status(of ending: Ending, _ stop: StopSignal) async -> RunStatus? {
        switch ending {
        // Cancelled, as a rule, or at its spend cap: nobody else will say so.
        case .fenced(.terminal), .preempted:
            guard !surroundings.telemetry.trackers.isEmpty else { return RunStatus(ending) }
            let (documents, path) = (surroundings.documents, Job.path(of: spec.jobID))
            let document = try? await stop.inTime { try await documents.get(path) }
            let isFailed = (document ?? nil).flatMap { try? Job($0) }?.phase == .failed
            return isFailed ? .failed : RunStatus(ending)
        default: return RunStatus(ending)
        }
    }

    private func run(
        _ observer: JobObserver,
        _ keeper: CheckpointKeeper,
        _ lease: HeldLease,
        _ stop: StopSignal
    ) async -> Ending {
        let heart = Heart(
            ledger: ledger,
            spec: spec,
            runner: surroundings.runner,
            seconds: surroundings.heartbeatSeconds,
            clock: surroundings.clock,
            lease: lease,
            observer: observer,
            keeper: keeper,
            stop: stop
        )
        await observer.connect({ try await heart.beat() }, keeper)
        do {
            var watching: [Task<Void, Never>] = []
            defer { for task in watching { task.cancel() } }
            do {
                let job = try await stop.cancelling { try await heart.beat() }
                guard JobSpec(job: job) == spec else {
                    return await fail(Job.Failure(.configInvalid, "the spec is not the job's"), observer, stop)
                }
                watching = [
                    Task { await heart.run() }, Task { await requestStopInTime(stop) },
                    Task { await watchNotices(observer, stop) }, Task { await monitor(observer) },
                ]
                guard spec.config.modelType != JobConfig.commandType else {
                    return try await supervise(observer, keeper, stop: stop)
                }
                return try await train(observer, keeper, stop: stop)
            } catch is Interrupted {
                return try await end(interrupted: observer, lease, stop)
            }
        } catch {
            if stop.fence == nil, !(error is Fenced) {
                // What is on its way up is what the job goes on from.
                try? await stop.inTime { try await stop.whileOwn { _ = try await keeper.settle() } }
            }
            return await end(after: error, observer, stop)
        }
    }

    /// Asks the run to stop while there is time for a checkpoint, before the tier or the session ends it. Both began
    /// with the process at the latest, however long it took to get here.
    func requestStopInTime(_ stop: StopSignal) async {
        let passed = max(surroundings.clock.now() - surroundings.startedAt, .zero)
        let left = max(.seconds(secondsMax - marginSeconds) - passed, .zero)
        do { try await surroundings.clock.sleep(for: left) } catch { return }
        stop.request(secondsMax < spec.runSecondsMax ? .sessionLimit : .runLimit)
    }

    private func watchNotices(_ observer: JobObserver, _ stop: StopSignal) async {
        guard let notices = surroundings.notices else { return }
        let watch = InterruptionWatch(notices: notices, clock: surroundings.clock, stop: stop) { message in
            await observer.log(.warning, message)
        }
        await watch.run()
    }

    func keeper(for observer: JobObserver) -> CheckpointKeeper {
        CheckpointKeeper(
            store: checkpoints(),
            // The metrics go first: what a checkpoint continues is never newer than the curve that belongs to it.
            prepare: { try await observer.flushMetrics() },
            afterwards: { await observer.flushLogsIfDue() },
            log: { await observer.log($0, $1) }
        )
    }

    private func train(
        _ observer: JobObserver,
        _ keeper: CheckpointKeeper,
        stop: StopSignal
    ) async throws -> Ending {
        let prepared = try await stop.cancelling { try await prepare(observer, stop) }
        let (bundle, dataset, manifest) = (prepared.bundle, prepared.dataset, prepared.manifest)
        await keeper.goOn(from: prepared.checkpoint?.step)
        let start = surroundings.clock.now()
        switch try await prepared.loop.run(from: prepared.checkpoint, observer: observer) {
        case .stopped:
            if let decision = stop.fence { return .fenced(decision) }
            return try await stepDown(resumedStep: prepared.checkpoint?.step, observer, keeper, stop)
        case .completed(let model):
            let seconds = surroundings.clock.now() - start
            await observer.log(.info, model.checkpointing.description)
            return try await publishInTime(observer, keeper, stop) {
                let provenance = await observer.telemetry.record.summary
                let files =
                    try self.files(model, bundle, dataset, provenance)
                    + Calibration(of: dataset, prepared.episodes, manifest).files
                return Publication(
                    figures: RunFigures(model),
                    files: files,
                    environmentID: manifest.environmentID,
                    trainingSeconds: seconds,
                    createdAt: surroundings.clock.now()
                )
            }
        }
    }

    private func files(
        _ model: TrainedModel,
        _ bundle: ProgramBundle,
        _ dataset: Dataset,
        _ provenance: JSON
    ) throws(TrainingError) -> [ModelPublisher.File] {
        let description = ModelDescription(bundle: bundle, dataset: dataset, config: spec.config, model: model)
        return [
            ModelPublisher.File(
                name: ModelDescription.parametersFileName,
                contentType: "application/octet-stream",
                bytes: try Safetensors(model.parameters).encoded()
            ),
            ModelPublisher.File(
                name: ModelDescription.fileName,
                contentType: "application/json",
                bytes: Array(description.json.adding("provenance", provenance).serialized(pretty: true).utf8)
            ),
        ]
    }

    /// What an error means for the job: only what another attempt would meet again makes it fail.
    private func end(after error: any Error, _ observer: JobObserver, _ stop: StopSignal) async -> Ending {
        if let outage = Outage(error) { return .unavailable(outage.error) }
        let failure: Job.Failure
        switch error {
        case let fence as Fenced:
            stop.fence(fence.decision)
            return .fenced(fence.decision)
        // A full disk is the machine's: another one may have room.
        case let error as FileIO.Failure:
            await observer.log(.error, "\(error)")
            try? await stop.inTime { await observer.flushAtEnd(as: .ended) }
            return .ended("\(error)")
        // Somebody has deleted the document: nobody wants the model.
        case LedgerError.noSuchJob: return .fenced(.ignored)
        case let error as TrainingError: failure = Job.Failure(JobFailureCode(error.code), error.description)
        case let error as Refusal: failure = Job.Failure(.datasetInvalid, error.description)
        case let error as StoreError where error.code == .notFound || error.code == .dataLoss:
            failure = Job.Failure(.datasetInvalid, error.description)
        default: failure = Job.Failure(.registrationFailed, "\(error)")
        }
        return await fail(failure, observer, stop)
    }

    private func fail(_ failure: Job.Failure, _ observer: JobObserver, _ stop: StopSignal) async -> Ending {
        let told = await observer.log(failure)
        try? await stop.inTime { await observer.flushAtEnd(as: .failed) }
        do {
            let transition = try await ledger.apply(
                .failed(attempt: spec.attempt, runner: surroundings.runner, told),
                to: spec.jobID
            )
            // What may pass costs the attempt, not the job.
            if [.failed, .attemptGivenUp].contains(transition.decision) { return .failed(failure) }
            stop.fence(transition.decision)
            return .fenced(transition.decision)
        } catch {
            if let outage = Outage(error) { return .unavailable(outage.error) }
            // No role, for example: the next attempt would meet it too.
            return .ended("\(failure.code.rawValue): \(failure.message); the job could not be told: \(error)")
        }
    }
}

/// The document belongs to another attempt, or the job is over.
struct Fenced: Error {
    let decision: JobDecision
}

extension JobFailureCode {
    /// What a failure of training means for the job.
    init(_ code: TrainingError.Code) {
        self =
            switch code {
            case .noTrainableSteps: .noTrainableSteps
            case .episodeSchema, .episodeDuplicate, .episodeIncomplete, .datasetTooLarge, .dimensionMismatch:
                .datasetInvalid
            case .modelTypeUnsupported, .presetUnknown, .batchSizeUnsupported, .classesUnsupported, .commandMissing,
                .argumentsInvalid, .limitTooShort:
                .configInvalid
            case .trainingDiverged: .diverged
            case .pluginMissing, .pluginIncompatible, .pluginFailed, .compileFailed, .executionFailed,
                .engineNotInitialised, .programsMissing, .signatureInvalid, .signatureMismatch,
                .programDigestMismatch, .safetensorsInvalid, .checkpointInvalid, .checkpointMismatch, .commandFailed,
                .outputInvalid:
                .engineFailed
            }
    }
}

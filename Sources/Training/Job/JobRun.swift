public import SignalboxCore
public import Wire

/// One attempt of a job, from its spec to a registered model: reads the dataset and verifies it again, goes on from
/// the newest intact checkpoint, trains, checkpoints, reports, publishes.
///
/// It writes the document only while that carries its attempt; once it does not, the run ends without another write.
public struct JobRun: Sendable {
    /// How an attempt ended.
    public enum Ending: Sendable {
        /// The model is registered and the job completed.
        case completed(TrainingResult)
        /// Asked to stop: a checkpoint is kept, the job goes on in another attempt.
        case preempted(step: Int)
        /// The document belongs to another attempt, or the job is over.
        case fenced(JobDecision)
        /// The job failed for good.
        case failed(Job.Failure)
        /// The stores could not be reached: the lease will run out and another attempt follow.
        case unavailable(StoreError)
    }

    /// What makes a model type's engine: its programs, and the engine that runs them.
    public typealias EngineMaker = @Sendable (_ modelType: String) async throws -> (any TrainingEngine, ProgramBundle)

    /// All that an attempt touches outside itself.
    public struct Surroundings: Sendable {
        /// Where data, checkpoints, logs and models lie.
        public var objects: any ObjectStore
        /// Where the job and the registry are.
        public var documents: any DocumentStore
        /// The buckets.
        public var layout: BucketLayout
        /// Leases and budgets.
        public var policy: JobPolicy
        /// From one report to the next.
        public var heartbeatSeconds: Int
        /// Signs the model's manifest.
        public var modelKey: Ed25519PrivateKey
        /// The time.
        public var clock: any Clock
        /// The machine's name, for TensorBoard.
        public var host: String
        /// Tells this process from every other that may train the same attempt.
        public var runner: String
        /// Where log lines go besides the job's log.
        public var console: @Sendable (String) -> Void

        /// Surroundings of their parts.
        public init(
            objects: any ObjectStore,
            documents: any DocumentStore,
            layout: BucketLayout,
            policy: JobPolicy,
            heartbeatSeconds: Int,
            modelKey: Ed25519PrivateKey,
            clock: any Clock,
            host: String,
            runner: String,
            console: @escaping @Sendable (String) -> Void
        ) {
            self.objects = objects
            self.documents = documents
            self.layout = layout
            self.policy = policy
            self.heartbeatSeconds = heartbeatSeconds
            self.modelKey = modelKey
            self.clock = clock
            self.host = host
            self.runner = runner
            self.console = console
        }
    }

    /// The `keyid` of models' signatures.
    public static let modelKeyID = "models"

    private let spec: JobSpec
    private let surroundings: Surroundings
    private let makeEngine: EngineMaker
    private let ledger: JobLedger

    /// An attempt as its spec says.
    public init(spec: JobSpec, surroundings: Surroundings, makeEngine: @escaping EngineMaker) {
        self.spec = spec
        self.surroundings = surroundings
        self.makeEngine = makeEngine
        ledger = JobLedger(
            documents: surroundings.documents,
            policy: surroundings.policy,
            clock: surroundings.clock
        )
    }

    /// Runs the attempt to its end; `stop` asks it to checkpoint and end earlier.
    public func run(stop: StopSignal) async -> Ending {
        let lease = HeldLease(seconds: surroundings.policy.leaseSeconds, clock: surroundings.clock)
        let observer = JobObserver(spec: spec, surroundings: surroundings, lease: lease, stop: stop)
        let heart = Heart(
            ledger: ledger,
            spec: spec,
            runner: surroundings.runner,
            seconds: surroundings.heartbeatSeconds,
            clock: surroundings.clock,
            lease: lease,
            observer: observer,
            stop: stop
        )
        await observer.connect { try await heart.beat() }
        do {
            let job = try await heart.beat()
            guard JobSpec(job: job) == spec else {
                return await fail(Job.Failure(.configInvalid, "the spec is not the job's"), observer, stop)
            }
            let beating = Task { await heart.run() }
            let timing = Task { await requestStopInTime(stop) }
            defer {
                beating.cancel()
                timing.cancel()
            }
            return try await train(job, observer, stop: stop)
        } catch {
            return await end(after: error, observer, stop)
        }
    }

    /// How much of a run's time is left for its last checkpoint.
    private static let lastCheckpointSecondsMax = 60
    private static let lastCheckpointShare = 10

    /// Asks the run to stop while there is time for a checkpoint, before the tier ends it.
    private func requestStopInTime(_ stop: StopSignal) async {
        let limit = spec.runSecondsMax
        let margin = min(Self.lastCheckpointSecondsMax, limit / Self.lastCheckpointShare)
        do { try await surroundings.clock.sleep(for: .seconds(limit - margin)) } catch { return }
        stop.request()
    }

    /// Shows that checkpoints restore, where the machine may be taken back and nobody has shown it yet.
    ///
    /// - Throws: ``Fenced`` where they do not: the job goes on elsewhere.
    private func tryCanary(_ job: Job, _ loop: TrainingLoop, _ observer: JobObserver) async throws {
        guard spec.provisioning == .spot, job.canaryPassed == nil else { return }
        let store = CheckpointStore(
            objects: surroundings.objects,
            layout: surroundings.layout,
            spec: spec,
            runner: surroundings.runner,
            label: Canary.label
        )
        let passed = try await Canary(store: store).sings(on: loop)
        await observer.log(
            passed ? .info : .error,
            "canary: the checkpoint \(passed ? "restores" : "does not restore")"
        )
        let input = JobInput.canary(attempt: spec.attempt, runner: surroundings.runner, passed: passed)
        let transition = try await ledger.apply(input, to: spec.jobID)
        guard transition.decision == .canaryPassed else { throw Fenced(decision: transition.decision) }
    }

    private func train(_ job: Job, _ observer: JobObserver, stop: StopSignal) async throws -> Ending {
        let loader = DatasetLoader(objects: surroundings.objects, spec: spec)
        let (manifest, episodes) = try await loader.load()
        await observer.log(.info, "dataset verified: \(episodes.count) episodes of \(spec.packageID)")
        let (engine, bundle) = try await makeEngine(spec.config.modelType)
        let dataset = try Dataset(
            episodes: episodes,
            shape: engine.shape,
            seed: UInt64(bitPattern: spec.config.seed)
        )
        let loop = try TrainingLoop(engine: engine, dataset: dataset, config: spec.config)
        let checkpoint = try await newestCheckpoint(of: loop, observer)
        try await tryCanary(job, loop, observer)
        try await observer.begin(totalSteps: loop.totalSteps, after: checkpoint?.step ?? 0)
        let start = surroundings.clock.now()
        switch try await loop.run(from: checkpoint, observer: observer) {
        case .stopped(let step):
            if let decision = stop.fence { return .fenced(decision) }
            // Before the job is given up: afterwards the logs are the next attempt's.
            await observer.flushAtEnd()
            let input = JobInput.preempted(attempt: spec.attempt, runner: surroundings.runner)
            let transition = try await ledger.apply(input, to: spec.jobID)
            stop.fence(transition.decision)
            let isOurs = transition.decision == .attemptGivenUp || transition.job.failure?.code == .spendCapReached
            return isOurs ? .preempted(step: step) : .fenced(transition.decision)
        case .completed(let model):
            let seconds = surroundings.clock.now() - start
            let files = try self.files(model, bundle, dataset)
            return try await publish(
                model,
                files,
                environment: manifest.environmentID,
                seconds: seconds,
                observer,
                stop
            )
        }
    }

    /// The newest intact checkpoint of this very run; one of other data, config or programs is passed over.
    private func newestCheckpoint(of loop: TrainingLoop, _ observer: JobObserver) async throws -> TrainingCheckpoint? {
        let found: TrainingCheckpoint? = try await checkpoints.newest { found in
            guard let checkpoint = try? TrainingCheckpoint(state: found.state, description: found.description) else {
                return nil
            }
            return checkpoint.fingerprint == loop.fingerprint ? checkpoint : nil
        }
        if let found { await observer.log(.info, "resuming from step \(found.step)") }
        return found
    }

    private var checkpoints: CheckpointStore {
        CheckpointStore(
            objects: surroundings.objects,
            layout: surroundings.layout,
            spec: spec,
            runner: surroundings.runner
        )
    }

    private func files(
        _ model: TrainedModel,
        _ bundle: ProgramBundle,
        _ dataset: Dataset
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
                bytes: Array(description.json.serialized(pretty: true).utf8)
            ),
        ]
    }

    private func publish(
        _ model: TrainedModel,
        _ files: [ModelPublisher.File],
        environment: String,
        seconds: Duration,
        _ observer: JobObserver,
        _ stop: StopSignal
    ) async throws -> Ending {
        let publisher = ModelPublisher(
            objects: surroundings.objects,
            registry: ModelRegistry(documents: surroundings.documents, clock: surroundings.clock),
            ledger: ledger,
            layout: surroundings.layout,
            key: surroundings.modelKey,
            keyID: Self.modelKeyID,
            runner: surroundings.runner,
            clock: surroundings.clock
        )
        let reservation = try await publisher.reserve(environmentID: environment, spec: spec)
        let result = TrainingResult(
            modelURI: reservation.uri,
            modelName: reservation.name,
            modelVersion: reservation.version,
            finalLoss: model.finalLoss,
            initialLoss: model.initialLoss,
            bestValidationLoss: model.bestValidationLoss,
            bestStep: model.bestStep,
            baselineLoss: model.baselineLoss,
            steps: model.steps,
            trainingTimeSeconds: Double(seconds.components.seconds) + Double(seconds.components.attoseconds) / 1e18
        )
        // The logs are whole before the job says that it is over.
        await observer.log(.info, "trained \(model.steps) steps, publishing \(reservation.uri)")
        try await observer.flush()
        let transition = try await publisher.publish(files, as: reservation, result: result, spec: spec)
        guard transition.job.phase == .completed, transition.job.attempt == spec.attempt else {
            stop.fence(transition.decision)
            return .fenced(transition.decision)
        }
        return .completed(result)
    }

    /// What an error means for the job: only what another attempt would meet again makes it fail.
    private func end(after error: any Error, _ observer: JobObserver, _ stop: StopSignal) async -> Ending {
        let failure: Job.Failure
        switch error {
        case let fence as Fenced:
            stop.fence(fence.decision)
            return .fenced(fence.decision)
        case let error as TrainingError: failure = Job.Failure(JobFailureCode(error.code), error.description)
        case let error as Refusal: failure = Job.Failure(.datasetInvalid, error.description)
        case LedgerError.store(let error) where error.isTransient: return .unavailable(error)
        case let error as StoreError where error.isTransient: return .unavailable(error)
        case let error as StoreError where error.code == .notFound || error.code == .dataLoss:
            failure = Job.Failure(.datasetInvalid, error.description)
        default: failure = Job.Failure(.registrationFailed, "\(error)")
        }
        return await fail(failure, observer, stop)
    }

    private func fail(_ failure: Job.Failure, _ observer: JobObserver, _ stop: StopSignal) async -> Ending {
        await observer.log(.error, failure.message)
        await observer.flushAtEnd()
        do {
            let transition = try await ledger.apply(
                .failed(attempt: spec.attempt, runner: surroundings.runner, failure),
                to: spec.jobID
            )
            if transition.decision == .failed { return .failed(failure) }
            stop.fence(transition.decision)
            return .fenced(transition.decision)
        } catch {
            return .unavailable(StoreError(.unavailable, "\(error)", cause: error))
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
            case .modelTypeUnsupported, .batchSizeUnsupported: .configInvalid
            case .trainingDiverged: .diverged
            case .pluginMissing, .pluginIncompatible, .pluginFailed, .compileFailed, .executionFailed,
                .engineNotInitialised, .programsMissing, .signatureInvalid, .signatureMismatch,
                .programDigestMismatch, .safetensorsInvalid, .checkpointInvalid, .checkpointMismatch:
                .engineFailed
            }
    }
}

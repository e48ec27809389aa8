public import SignalboxCore
import Wire

/// Trains a model on a dataset: batches in, checkpoints and measured losses out. Knows of no storage and no cloud.
///
/// Each epoch ends with a validation; the parameters of the best one are what the result holds.
public struct TrainingLoop: Sendable {
    /// Steps of the whole run.
    public let totalSteps: Int
    /// Digest of dataset, configuration and programs.
    public let fingerprint: String

    private let engine: any TrainingEngine
    private let dataset: Dataset
    private let config: JobConfig
    private let seconds: @Sendable () -> Double

    /// A run of a configuration that the engine's programs can do.
    ///
    /// - Parameter seconds: A clock that only goes forward.
    /// - Throws: `model_type_unsupported`, `batch_size_unsupported`; `dimension_mismatch` for a dataset made for other
    ///   sizes.
    public init(
        engine: any TrainingEngine,
        dataset: Dataset,
        config: JobConfig,
        seconds: @escaping @Sendable () -> Double = StepBenchmark.monotonicSeconds
    ) throws(TrainingError) {
        try Self.check(config, against: engine)
        guard dataset.shape == engine.shape, dataset.seed == UInt64(bitPattern: config.seed) else {
            throw TrainingError(.dimensionMismatch, "the dataset was prepared for other sizes or another seed")
        }
        self.engine = engine
        self.dataset = dataset
        self.config = config
        self.seconds = seconds
        totalSteps = config.epochs * dataset.batchesPerEpoch(of: config.batchSize)
        // What a run computes follows from these alone: its name, tier and how often it is saved may change.
        let choices = "\(config.epochs) \(config.batchSize) \(config.learningRate) \(config.seed)"
        let classes = dataset.label.map { ["\($0.classes) classes"] } ?? []
        let parts = [choices, dataset.digest.hex, engine.programDigest] + classes
        fingerprint = SHA256.digest(of: parts.joined(separator: "\n")).hex
    }

    /// Trains to the end, or until the observer asks to stop.
    ///
    /// - Parameter checkpoint: Where to go on; nil starts over.
    /// - Throws: `checkpoint_mismatch` for a checkpoint of another run, `checkpoint_invalid` for one that names another
    ///   place in the data than its steps give; `training_diverged` for a loss that is no
    ///   finite number; what the engine and the observer throw.
    public func run(from checkpoint: TrainingCheckpoint? = nil, observer: any TrainingObserver) async throws
        -> TrainingOutcome
    {
        var state = try await start(from: checkpoint)
        var givenStep = checkpoint?.step
        var pace = CheckpointPace(
            everySteps: config.checkpointEverySteps,
            everySeconds: config.checkpointEverySeconds,
            now: seconds()
        )
        var order = EpochOrder(dataset: dataset, batchSize: config.batchSize)
        var batch = dataset.batches(order.windows(state.step))
        var next = dataset.batches(order.windows(state.step + 1))
        let batchesPerEpoch = batchesPerEpoch
        let firstStep = state.step
        if state.step > state.validatedStep, state.step.isMultiple(of: batchesPerEpoch) {
            guard try await validate(&state, &pace, observer) else { return .stopped }
            givenStep = nil
            if state.step == totalSteps { try await save(state, to: observer) }
        }
        while state.step < totalSteps {
            if observer.stopRequested() { return try await stop(at: state, given: givenStep, observer) }
            let (epoch, index) = state.step.quotientAndRemainder(dividingBy: batchesPerEpoch)
            let (parts, upcoming) = (batch, next)
            async let trained = engine.trainStep(
                parts,
                next: upcoming,
                learningRate: Float(config.learningRate),
                unless: { observer.stopRequested() }
            )
            // Made while the engine computes: it is always a batch ahead, and uploads that one meanwhile.
            let windows = order.windows(state.step + 2)
            async let following = dataset.batchesUnlessCancelled(windows)
            guard let loss = try await trained.map(Double.init) else {
                return try await stop(at: state, given: givenStep, observer)
            }
            (batch, next) = (upcoming, try await following)
            state.step += 1
            try checkFinite(loss, step: state.step)
            if state.step == 1 { state.initialLoss = loss }
            state.finalLoss = loss
            state.epochLossSum += loss
            let progress = TrainingProgress(step: state.step, totalSteps: totalSteps, epoch: epoch + 1, loss: loss)
            try await observer.didTrain(progress)
            if index + 1 == batchesPerEpoch, !(try await validate(&state, &pace, observer)) {
                try await save(state, to: observer)
                return .stopped
            }
            let begin = seconds()
            if pace.isDue(after: state.step, now: begin) || state.step == totalSteps {
                try await save(state, to: observer)
                givenStep = state.step
                pace.didSave(from: begin, to: seconds())
            }
        }
        return .completed(try result(of: state, measured: state.step - firstStep, pace.overhead(at: seconds())))
    }

    private var batchesPerEpoch: Int { dataset.batchesPerEpoch(of: config.batchSize) }

    /// What a checkpoint before the first step would hold.
    func firstCheckpoint() async throws(TrainingError) -> TrainingCheckpoint {
        try await checkpoint(of: try await start(from: nil))
    }

    /// The engine's state once it has taken a checkpoint over.
    func state(after checkpoint: TrainingCheckpoint) async throws(TrainingError) -> [Tensor] {
        _ = try await start(from: checkpoint)
        return try await engine.exportState()
    }

    private func start(from checkpoint: TrainingCheckpoint?) async throws(TrainingError) -> RunState {
        guard let checkpoint else {
            try await engine.initialise(seed: UInt64(bitPattern: config.seed))
            return RunState()
        }
        guard checkpoint.fingerprint == fingerprint, checkpoint.step <= totalSteps else {
            let message = "the checkpoint of step \(checkpoint.step) is of another dataset, configuration or program"
            throw TrainingError(.checkpointMismatch, message)
        }
        guard checkpoint.position.map({ $0 == position(after: checkpoint.step) }) ?? true else {
            let message = "the checkpoint of step \(checkpoint.step) names another place in the data"
            throw TrainingError(.checkpointInvalid, message)
        }
        try await engine.importState(checkpoint.state)
        return checkpoint.run
    }

    /// Ends a run that is asked to stop, with all steps done given to the observer.
    private func stop(
        at state: RunState,
        given step: Int?,
        _ observer: any TrainingObserver
    ) async throws -> TrainingOutcome {
        if state.step != step { try await save(state, to: observer) }
        return .stopped
    }

    private func save(_ state: RunState, to observer: any TrainingObserver) async throws {
        try await observer.didCheckpoint(try await checkpoint(of: state))
    }

    private func checkpoint(of state: RunState) async throws(TrainingError) -> TrainingCheckpoint {
        TrainingCheckpoint(
            run: state,
            position: position(after: state.step),
            state: try await engine.exportState(),
            fingerprint: fingerprint
        )
    }

    private func position(after step: Int) -> DataPosition {
        DataPosition(step: step, batchesPerEpoch: batchesPerEpoch, seed: dataset.seed)
    }

    /// Measures an epoch that is done.
    ///
    /// - Returns: false where the observer asks to stop first: the epoch is then measured anew when the run goes on.
    private func validate(
        _ state: inout RunState,
        _ pace: inout CheckpointPace,
        _ observer: any TrainingObserver
    ) async throws -> Bool {
        var evaluation = Evaluation(lossSum: 0, weight: 0)
        for batch in dataset.validationBatches() {
            if observer.stopRequested() { return false }
            evaluation = evaluation + (try await engine.evaluate(batch))
        }
        try await observer.didValidate(try await finishEpoch(&state, &pace, evaluation))
        return true
    }

    private func finishEpoch(
        _ state: inout RunState,
        _ pace: inout CheckpointPace,
        _ evaluation: Evaluation
    ) async throws(TrainingError) -> ValidationPoint {
        let (loss, classes) = (evaluation.loss, evaluation.classFigures)
        try checkFinite(loss, step: state.step)
        let point = ValidationPoint(
            step: state.step,
            epoch: state.step / batchesPerEpoch,
            trainingLoss: state.epochLossSum / Double(batchesPerEpoch),
            validationLoss: loss,
            classes: classes
        )
        state.epochLossSum = 0
        state.validatedStep = state.step
        if loss < state.best?.validationLoss ?? .infinity {
            let begin = seconds()
            let parameters = try await engine.exportParameters()
            pace.didCopyBest(from: begin, to: seconds())
            state.best = RunState.Best(
                step: state.step,
                validationLoss: loss,
                classes: classes,
                parameters: parameters
            )
        }
        return point
    }

    private static func check(_ config: JobConfig, against engine: any TrainingEngine) throws(TrainingError) {
        guard config.modelType == engine.model else {
            let message = "model_type is \(config.modelType); the programs are of \(engine.model)"
            throw TrainingError(.modelTypeUnsupported, message)
        }
        let part = engine.shape.batchSize
        guard config.batchSize.isMultiple(of: part) else {
            let message = "batch_size is \(config.batchSize); the programs of \(engine.model) take"
            throw TrainingError(.batchSizeUnsupported, "\(message) \(part) windows at once: use a multiple of that")
        }
    }

    private func checkFinite(_ loss: Double, step: Int) throws(TrainingError) {
        guard loss.isFinite else {
            let message = "the loss is \(loss) at step \(step); lower learning_rate (now \(config.learningRate))"
            throw TrainingError(.trainingDiverged, message)
        }
    }

    private func result(
        of state: RunState,
        measured: Int,
        _ checkpointing: CheckpointOverhead
    ) throws(TrainingError) -> TrainedModel {
        guard let best = state.best else {
            throw TrainingError(.checkpointInvalid, "the checkpoint of the last step holds no validation")
        }
        return TrainedModel(
            steps: state.step,
            initialLoss: state.initialLoss,
            finalLoss: state.finalLoss,
            bestValidationLoss: best.validationLoss,
            bestStep: best.step,
            baselineLoss: dataset.baselineLoss,
            classes: best.classes,
            baselineClasses: dataset.classBaseline,
            parameters: best.parameters,
            lossesMeasured: measured,
            checkpointing: checkpointing
        )
    }
}

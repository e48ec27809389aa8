/// What runs a model's arithmetic: holds its parameters and the optimiser's state, takes batches, gives losses.
///
/// The loss is that of the model's ``ModelTarget``, the mean over the entries that a batch's masks leave in use.
public protocol TrainingEngine: Sendable {
    /// The model whose programs it runs, as in a job's `model_type`.
    var model: String { get }

    /// The sizes that every batch has.
    var shape: ModelShape { get }

    /// What a checkpoint has to come from to be continued here: a digest of the programs.
    var programDigest: String { get }

    /// The kind of device that it computes on: `cpu`, `cuda`, `tpu`.
    var platform: String { get }

    /// The device's model, in its plugin's words: `cpu`, `NVIDIA H200`, `TPU v4`.
    var deviceKind: String { get }

    /// Starts over with parameters drawn from the seed.
    func initialise(seed: UInt64) async throws(TrainingError)

    /// One optimiser step on a batch in one part or several.
    ///
    /// - Parameters:
    ///   - next: the batch of the step after this one, for the engine to upload while it computes.
    ///   - isInterrupted: asked before each of several parts; true makes the engine give the step up.
    /// - Returns: the batch's loss before the step; nil of one that was given up, which leaves the state as it was.
    /// - Throws: `engine_not_initialised` without parameters; `execution_failed`, after which they are lost.
    func trainStep(
        _ parts: [Batch],
        next: [Batch],
        learningRate: Float,
        unless isInterrupted: @Sendable () -> Bool
    ) async throws(TrainingError) -> Float?

    /// The sum of losses over a batch, and how many entries it is the sum of.
    func evaluate(_ batch: Batch) async throws(TrainingError) -> Evaluation

    /// Normalised actions, or the probabilities of classes, [B, L, A] for a batch's observations.
    func predict(_ batch: Batch) async throws(TrainingError) -> [Float]

    /// The parameters alone, in the program's order.
    func exportParameters() async throws(TrainingError) -> [Tensor]

    /// Parameters and optimiser state, in the program's order.
    func exportState() async throws(TrainingError) -> [Tensor]

    /// Takes over what ``exportState()`` gave.
    ///
    /// - Throws: `signature_mismatch` where a tensor is missing, unknown or of another shape.
    func importState(_ tensors: [Tensor]) async throws(TrainingError)
}

extension TrainingEngine {
    /// One optimiser step that nobody interrupts; returns the batch's loss before it.
    public func trainStep(
        _ parts: [Batch],
        next: [Batch],
        learningRate: Float
    ) async throws(TrainingError) -> Float {
        guard let loss = try await trainStep(parts, next: next, learningRate: learningRate, unless: { false }) else {
            throw TrainingError(.executionFailed, "the engine gave a step up that nobody had interrupted")
        }
        return loss
    }
}

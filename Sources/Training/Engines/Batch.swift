/// A batch of windows. Of a model with batch size B, window L, observation width O and target width A:
/// observations [B, L, O], observation mask [B, O], targets [B, L, A], target mask [B, A], step mask [B, L].
///
/// A mask is 1 for what is in use and 0 for padding. Rows that hold no window are all zero.
public struct Batch: Sendable, Equatable {
    /// Observations as the model takes them (``ModelInput``), zero where unused.
    public internal(set) var observations: [Float]
    /// Which observation columns a row has.
    public internal(set) var observationMask: [Float]
    /// What is to be said (``ModelTarget``).
    public internal(set) var targets: [Float]
    /// Which target columns a row has.
    public internal(set) var targetMask: [Float]
    /// Which steps of a row have a target to learn from.
    public internal(set) var stepMask: [Float]

    /// A batch of padding.
    public init(shape: ModelShape) {
        let steps = shape.batchSize * shape.windowSteps
        observations = Array(repeating: 0, count: steps * shape.observationWidth)
        observationMask = Array(repeating: 0, count: shape.batchSize * shape.observationWidth)
        targets = Array(repeating: 0, count: steps * shape.targetWidth)
        targetMask = Array(repeating: 0, count: shape.batchSize * shape.targetWidth)
        stepMask = Array(repeating: 0, count: steps)
    }
}

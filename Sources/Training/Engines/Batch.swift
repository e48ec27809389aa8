/// A batch of windows. Of a model with batch size B, window L, observation width O and action width A:
/// observations [B, L, O], observation mask [B, O], actions [B, L, A], action mask [B, A], step mask [B, L].
///
/// A mask is 1 for what is in use and 0 for padding. Rows that hold no window are all zero.
public struct Batch: Sendable, Equatable {
    /// Normalised observations, zero where unused.
    public internal(set) var observations: [Float]
    /// Which observation columns a row's robot has.
    public internal(set) var observationMask: [Float]
    /// Normalised actions: the target.
    public internal(set) var actions: [Float]
    /// Which action columns a row's robot has.
    public internal(set) var actionMask: [Float]
    /// Which steps of a row have an action to learn from.
    public internal(set) var stepMask: [Float]

    /// A batch of padding.
    public init(shape: ModelShape) {
        let steps = shape.batchSize * shape.windowSteps
        observations = Array(repeating: 0, count: steps * shape.observationWidth)
        observationMask = Array(repeating: 0, count: shape.batchSize * shape.observationWidth)
        actions = Array(repeating: 0, count: steps * shape.actionWidth)
        actionMask = Array(repeating: 0, count: shape.batchSize * shape.actionWidth)
        stepMask = Array(repeating: 0, count: steps)
    }
}

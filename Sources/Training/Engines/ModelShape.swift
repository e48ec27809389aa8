/// The fixed sizes of a model's programs.
public struct ModelShape: Sendable, Equatable {
    /// Windows in a batch.
    public let batchSize: Int
    /// Steps in a window.
    public let windowSteps: Int
    /// Steps from one training window's start to the next one's.
    public let windowStrideSteps: Int
    /// Columns of an observation; narrower robots leave the rest unused.
    public let observationWidth: Int
    /// Columns of an action; narrower robots leave the rest unused.
    public let actionWidth: Int

    /// A shape from its sizes.
    public init(
        batchSize: Int,
        windowSteps: Int,
        windowStrideSteps: Int,
        observationWidth: Int,
        actionWidth: Int
    ) {
        self.batchSize = batchSize
        self.windowSteps = windowSteps
        self.windowStrideSteps = windowStrideSteps
        self.observationWidth = observationWidth
        self.actionWidth = actionWidth
    }
}

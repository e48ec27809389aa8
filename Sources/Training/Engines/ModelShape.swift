/// The fixed sizes of a model's programs.
public struct ModelShape: Sendable, Equatable {
    /// Windows in a batch.
    public let batchSize: Int
    /// Steps in a window.
    public let windowSteps: Int
    /// Steps from one training window's start to the next one's.
    public let windowStrideSteps: Int
    /// What an observation is.
    public let input: ModelInput
    /// Columns of an observation; narrower ones leave the rest unused.
    public let observationWidth: Int
    /// What is learned.
    public let target: ModelTarget
    /// Numbers of an action, or classes; fewer leave the rest unused.
    public let targetWidth: Int

    /// A shape from its sizes.
    public init(
        batchSize: Int,
        windowSteps: Int,
        windowStrideSteps: Int,
        input: ModelInput = .numbers,
        observationWidth: Int,
        target: ModelTarget = .actions,
        targetWidth: Int
    ) {
        self.batchSize = batchSize
        self.windowSteps = windowSteps
        self.windowStrideSteps = windowStrideSteps
        self.input = input
        self.observationWidth = observationWidth
        self.target = target
        self.targetWidth = targetWidth
    }
}

/// How much of a dataset is held in memory before it is refused.
public struct DatasetLimits: Sendable {
    /// Steps of all episodes together.
    public var stepsMax: Int
    /// Numbers in observations and actions of all episodes together, four bytes each.
    public var valuesMax: Int

    /// 4 million steps, 1 GiB of numbers.
    public static let standard = DatasetLimits(stepsMax: 4_000_000, valuesMax: 1 << 28)

    /// Limits of one's own.
    public init(stepsMax: Int, valuesMax: Int) {
        self.stepsMax = stepsMax
        self.valuesMax = valuesMax
    }
}

/// How large a dataset may be before it is refused.
public struct DatasetLimits: Sendable {
    /// Steps of all episodes together; below 2^32.
    public var stepsMax: Int
    /// Numbers in observations and actions of all episodes together, four bytes each.
    public var valuesMax: Int

    /// 16,777,216 steps, which take at most nine bytes of memory each; 16 GiB of numbers, in the scratch folder.
    public static let standard = DatasetLimits(stepsMax: 1 << 24, valuesMax: 1 << 32)

    /// Limits of one's own.
    public init(stepsMax: Int, valuesMax: Int) {
        self.stepsMax = stepsMax
        self.valuesMax = valuesMax
    }
}

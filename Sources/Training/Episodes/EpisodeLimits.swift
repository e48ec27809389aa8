/// How much is read of one dataset before it is refused.
public struct EpisodeLimits: Sendable {
    /// Bytes of one file.
    public var memberBytesMax: Int
    /// Bytes of one step's line.
    public var lineBytesMax: Int
    /// Episodes.
    public var episodesMax: Int
    /// Steps of all episodes together.
    public var stepsMax: Int
    /// Numbers in observations and actions of all episodes together, four bytes each.
    public var valuesMax: Int

    /// 64 MiB a file, 1 MiB a step, 16,384 episodes, 4 million steps, 1 GiB of numbers.
    public static let standard = EpisodeLimits(
        memberBytesMax: 64 << 20,
        lineBytesMax: 1 << 20,
        episodesMax: 1 << 14,
        stepsMax: 4_000_000,
        valuesMax: 1 << 28
    )

    /// Limits of one's own.
    public init(memberBytesMax: Int, lineBytesMax: Int, episodesMax: Int, stepsMax: Int, valuesMax: Int) {
        self.memberBytesMax = memberBytesMax
        self.lineBytesMax = lineBytesMax
        self.episodesMax = episodesMax
        self.stepsMax = stepsMax
        self.valuesMax = valuesMax
    }
}

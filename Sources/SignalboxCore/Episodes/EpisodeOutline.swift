/// One episode of a package, as its parts make it.
public struct EpisodeOutline: Sendable, Equatable {
    /// The id that its steps, its description or else its path gives it.
    public let identifier: String
    /// The parts' numbers, in the order of the steps.
    public let parts: [Int]
    /// The text of the steps that have none of their own.
    public let instruction: String?
}

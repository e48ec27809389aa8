/// One episode of a package, as its parts make it.
public struct EpisodeOutline: Sendable, Equatable {
    /// The id that its steps, its description or else its path gives it.
    public let identifier: String
    /// The parts' numbers, in the order of the steps.
    public let parts: [Int]
    /// Where an observation's numbers come from.
    public let source: ObservationSource
    /// Numbers in an observation.
    public let observationWidth: Int
    /// Numbers in an action; 0 where no step has one.
    public let actionWidth: Int
    /// Steps in all parts.
    public let stepCount: Int
}

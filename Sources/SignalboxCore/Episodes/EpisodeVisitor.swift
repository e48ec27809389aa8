public import Wire

/// Follows a package's episodes step by step while they pass.
public protocol EpisodeVisitor: Sendable {
    /// A description of episodes, well formed or not.
    mutating func describe(_ metadata: JSONReader) throws
    /// The next step of a part; ``EpisodeOutline/parts`` says which parts make an episode. A `JSONTypeError` becomes a
    /// finding where the step stands.
    mutating func take(_ step: EpisodeStep, part: Int) throws
}

/// A visitor that wants nothing but the findings.
public struct NoSteps: EpisodeVisitor {
    /// Wants nothing.
    public init() {}
    /// Not wanted.
    public mutating func describe(_ metadata: JSONReader) {}
    /// Not wanted.
    public mutating func take(_ step: EpisodeStep, part: Int) {}
}

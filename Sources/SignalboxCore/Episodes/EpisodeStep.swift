public import Wire

/// One step, the same whatever format it came in.
public struct EpisodeStep: Sendable, Equatable {
    /// Its number in the episode, from 0; nil where the order alone says it.
    public var index: Int?
    /// Where the observation's numbers come from.
    public var source = ObservationSource.leaves
    /// The observation's numbers; empty where it has none: there may be a text.
    public var observation: [Float] = []
    /// The action; nil: the step is seen and not learned from.
    public var action: [Float]?
    /// Whether it says that it ends the episode.
    public var isTerminal = false
    /// All that it says, as JSON; of an Example that holds a whole episode, what is beside the numbers.
    public var members = JSON.null
    /// Nanoseconds by ``EpisodeClock``; empty where there are none.
    var times: [Int64?] = []

    /// The step behind a reader, to look for what is not among its numbers.
    public var reader: JSONReader { JSONReader(members) }

    /// Whether it has something to see: numbers, or a text of its own.
    var isSeen: Bool { !observation.isEmpty || !reader[Self.instruction].isNull }

    /// The text that a step, or a whole episode, may have.
    static let instruction = "language_instruction"

    /// What may not be beside a step's numbers.
    private static func check(_ step: JSONReader) throws(JSONTypeError) {
        _ = try step["reward"].optional?.double()
        if let metadata = step["step_metadata"].optional { _ = try metadata.members() }
    }
}

extension EpisodeStep {
    /// A step of a line or of a one-file episode.
    ///
    /// - Parameter needsIndex: whether `step_index` has to be there, as the place in the file does not say it.
    /// - Throws: `JSONTypeError`.
    init(_ step: JSONReader, needsIndex: Bool) throws(JSONTypeError) {
        let number = step["step_index"]
        index = needsIndex || !number.isNull ? try number.int(in: 0...Int(Int32.max)) : nil
        if let vector = try ObservationSource.vector(step["observation"]) { (source, observation) = vector }
        _ = try step[Self.instruction].optional?.string()
        members = step.value
        action = step["action"].isNull ? nil : try ObservationSource.numbers(step["action"]["command"])
        isTerminal = try step["is_terminal"].optional?.flag() ?? false
        times = try EpisodeClock.times(of: step)
        try Self.check(step)
    }
}

extension JSONReader {
    /// `true`, `false`, or 1 and 0, as formats without booleans write them.
    func flag() throws(JSONTypeError) -> Bool {
        switch value {
        case .integer(0): return false
        case .integer(1): return true
        default: return try bool()
        }
    }
}

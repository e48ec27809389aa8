import SignalboxCore
import Wire

/// Gathers the numbers of all steps, a part of an episode in one file after the other: in memory while they are few,
/// else in the scratch folder.
struct StepArrays: EpisodeVisitor {
    /// Numbers of a part in the order of its steps: first those in the store, then those in memory.
    struct Column: Sendable {
        var stored: [Range<Int>] = []
        var held: [Float] = []
    }

    /// The steps of one part.
    struct Part: Sendable {
        var source = ObservationSource.leaves
        var observationWidth = 0
        var observations = Column()
        /// The actions from the first one on; zero where a later step has none.
        var actions = Column()
        /// Numbers in an action; 0 until a step has one.
        var actionWidth = 0
        /// Steps ahead of the first action.
        var stepsAhead = 0
        var trainable: [Bool] = []
        /// The first step that lacks a text of its own, where texts are observed.
        var firstUntold: Int?
    }

    let columns: StepColumns
    let scratch: ScratchFolder
    var store = NumberStore()
    private(set) var parts: [Part] = []
    private let limits: DatasetLimits
    private var stepCount = 0
    private var valueCount = 0
    private var heldCount = 0

    init(columns: StepColumns, limits: DatasetLimits, scratch: ScratchFolder) {
        self.columns = columns
        self.limits = limits
        self.scratch = scratch
    }

    mutating func describe(_ metadata: JSONReader) {}

    /// - Throws: `JSONTypeError`, `dataset_too_large`; `FileIO.Failure` where the scratch folder is full.
    mutating func take(_ step: EpisodeStep, part: Int) throws {
        let (source, observation) = try columns.observation(of: step)
        let target = try columns.target(of: step)
        while parts.count <= part { parts.append(Part()) }
        try count(observation.count + (target?.count ?? parts[part].actionWidth))
        if parts[part].trainable.isEmpty {
            (parts[part].source, parts[part].observationWidth) = (source, observation.count)
        }
        if let target, parts[part].actionWidth == 0 {
            (parts[part].actionWidth, parts[part].stepsAhead) = (target.count, parts[part].trainable.count)
        }
        if columns.input == .text, observation.first == 0, parts[part].firstUntold == nil {
            parts[part].firstUntold = parts[part].trainable.count
        }
        parts[part].observations.held += observation
        parts[part].actions.held += target ?? Array(repeating: 0, count: parts[part].actionWidth)
        parts[part].trainable.append(target != nil)
        if heldCount > scratch.valuesHeldMax {
            try useFile()
            try storeAll()
        }
    }

    /// Has the store in a file from now on.
    mutating func useFile() throws(FileIO.Failure) { try store.useFile(in: scratch) }

    /// Moves what is held into the store: first all observations, then all actions, so that the parts of an episode
    /// that follow one another lie in one stretch.
    mutating func storeAll() throws(FileIO.Failure) {
        for column in [\Part.observations, \Part.actions] {
            for index in parts.indices where !parts[index][keyPath: column].held.isEmpty {
                let stretch = try store.append(parts[index][keyPath: column].held)
                parts[index][keyPath: column].held = []
                parts[index][keyPath: column].stored.append(stretch)
            }
        }
        heldCount = 0
    }

    private mutating func count(_ values: Int) throws(TrainingError) {
        stepCount += 1
        valueCount += values
        heldCount += values
        guard stepCount <= limits.stepsMax else { throw Self.tooLarge("more than \(limits.stepsMax) steps") }
        try check(valueCount)
    }

    /// - Throws: `dataset_too_large` for more numbers than there may be.
    func check(_ valueCount: Int) throws(TrainingError) {
        guard valueCount <= limits.valuesMax else { throw Self.tooLarge("more than \(limits.valuesMax) numbers") }
    }

    private static func tooLarge(_ message: String) -> TrainingError {
        TrainingError(.datasetTooLarge, "\(message); split the upload into smaller packages")
    }
}

import SignalboxCore
import Wire

/// Gathers the numbers of all steps, a part of an episode in one file after the other.
struct StepArrays: EpisodeVisitor {
    /// The steps of one part.
    struct Part: Sendable {
        var source = ObservationSource.leaves
        var observationWidth = 0
        var observations: [Float] = []
        var actions: [Float] = []
        /// Numbers in an action; 0 until a step has one.
        var actionWidth = 0
        var trainable: [Bool] = []
    }

    private let columns: StepColumns
    private let limits: DatasetLimits
    private(set) var parts: [Part] = []
    private var stepCount = 0
    private var valueCount = 0

    init(columns: StepColumns, limits: DatasetLimits) {
        self.columns = columns
        self.limits = limits
    }

    mutating func describe(_ metadata: JSONReader) {}

    mutating func take(_ step: EpisodeStep, part: Int) throws {
        let (source, observation) = try columns.observation(of: step)
        let target = try columns.target(of: step)
        while parts.count <= part { parts.append(Part()) }
        stepCount += 1
        valueCount += observation.count + (target?.count ?? parts[part].actionWidth)
        guard stepCount <= limits.stepsMax else { throw tooLarge("more than \(limits.stepsMax) steps") }
        guard valueCount <= limits.valuesMax else { throw tooLarge("more than \(limits.valuesMax) numbers") }
        if parts[part].trainable.isEmpty {
            (parts[part].source, parts[part].observationWidth) = (source, observation.count)
        }
        if let target, parts[part].actionWidth == 0 {
            parts[part].actionWidth = target.count
            parts[part].actions = Array(repeating: 0, count: parts[part].trainable.count * target.count)
        }
        parts[part].observations += observation
        parts[part].actions += target ?? Array(repeating: 0, count: parts[part].actionWidth)
        parts[part].trainable.append(target != nil)
    }

    private func tooLarge(_ message: String) -> TrainingError {
        TrainingError(.datasetTooLarge, "\(message); split the upload into smaller packages")
    }
}

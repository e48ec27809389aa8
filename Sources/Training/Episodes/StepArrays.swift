import SignalboxCore
import Wire

/// Gathers the numbers of all steps, a part of an episode in one file after the other.
struct StepArrays: EpisodeVisitor {
    /// The steps of one part.
    struct Part: Sendable {
        var observations: [Float] = []
        var actions: [Float] = []
        /// Numbers in an action; 0 until a step has one.
        var actionWidth = 0
        var trainable: [Bool] = []
    }

    private let limits: DatasetLimits
    private(set) var parts: [Part] = []
    private var stepCount = 0
    private var valueCount = 0

    init(limits: DatasetLimits) { self.limits = limits }

    mutating func describe(_ metadata: JSONReader) {}

    mutating func take(_ step: EpisodeStep, part: Int) throws(TrainingError) {
        while parts.count <= part { parts.append(Part()) }
        stepCount += 1
        valueCount += step.observation.count + (step.action?.count ?? parts[part].actionWidth)
        guard stepCount <= limits.stepsMax else { throw tooLarge("more than \(limits.stepsMax) steps") }
        guard valueCount <= limits.valuesMax else { throw tooLarge("more than \(limits.valuesMax) numbers") }
        if let action = step.action, parts[part].actionWidth == 0 {
            parts[part].actionWidth = action.count
            parts[part].actions = Array(repeating: 0, count: parts[part].trainable.count * action.count)
        }
        parts[part].observations += step.observation
        parts[part].actions += step.action ?? Array(repeating: 0, count: parts[part].actionWidth)
        parts[part].trainable.append(step.action != nil)
    }

    private func tooLarge(_ message: String) -> TrainingError {
        TrainingError(.datasetTooLarge, "\(message); split the upload into smaller packages")
    }
}

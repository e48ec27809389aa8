public import SignalboxCore
import Wire

/// What a model takes of a step: the numbers that it sees, and those that it learns to say.
public struct StepColumns: Sendable, Equatable {
    /// What an observation is made of.
    public let input: ModelInput
    /// Numbers of an observation at most; of a text always.
    public let observationWidth: Int
    /// Where a step says its class and how many there are; nil: the target is its action.
    public let label: Label?

    /// A class, a whole number from 0.
    public struct Label: Sendable, Equatable {
        /// Where a step says it.
        public let path: LabelPath
        /// How many classes there are.
        public let classes: Int
    }

    /// Observed numbers and actions, of any width.
    public static let actions = StepColumns()

    private init() {
        input = .numbers
        observationWidth = Int.max
        label = nil
    }

    /// What a model's programs take of a step, as a job wants them.
    ///
    /// - Throws: `classes_unsupported` where the programs tell fewer classes apart.
    public init(shape: ModelShape, config: JobConfig) throws(TrainingError) {
        input = shape.input
        observationWidth = shape.observationWidth
        guard shape.target == .classes else {
            label = nil
            return
        }
        guard config.classes <= shape.targetWidth else {
            let message = "classes is \(config.classes); the programs of \(config.modelType), preset \(config.preset),"
            throw TrainingError(.classesUnsupported, "\(message) tell up to \(shape.targetWidth) apart")
        }
        label = Label(path: config.labelPath, classes: config.classes)
    }

    /// The numbers of a step's observation, and where they come from.
    ///
    /// - Throws: `JSONTypeError` for what is not as the model takes it.
    func observation(of step: EpisodeStep) throws(JSONTypeError) -> (ObservationSource, [Float]) {
        switch input {
        case .numbers:
            guard !step.observation.isEmpty else {
                let wanted = "command, robot_state.joint_positions or other numbers"
                throw step.reader["observation"].mismatch(wanted)
            }
            return (step.source, step.observation)
        case .text: return (.instruction, try tokens(step.reader["language_instruction"]))
        case .image(let height, let width):
            return (.image, try Self.pixels(step.reader["observation"]["image"], height: height, width: width))
        }
    }

    /// What a step says to learn; nil where it says nothing.
    ///
    /// - Throws: `JSONTypeError` for what is no action, or no class.
    func target(of step: EpisodeStep) throws(JSONTypeError) -> [Float]? {
        guard let label else { return step.action }
        return try label.path.value(in: step.reader).optional.map { reader throws(JSONTypeError) in
            [Float(try reader.int(in: 0...label.classes - 1))]
        }
    }

    /// Why nothing can be learned where no step has a target.
    static func nothingToLearn(_ label: Label?) -> TrainingError {
        let missing = label.map { "no step has a class at \($0.path); write one, or set label_path" }
        let message = missing ?? "no step has an action to learn from; record actions and upload again"
        return TrainingError(.noTrainableSteps, message)
    }
}

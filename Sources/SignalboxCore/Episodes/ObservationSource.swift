import Wire

/// Where the numbers of an observation come from; one dataset has one source. Of a vector of numbers it is the first of
/// the first three that a step has.
public enum ObservationSource: String, Sendable {
    /// An array of numbers made for this.
    case command = "observation.command"
    /// The robot's joints.
    case jointPositions = "observation.robot_state.joint_positions"
    /// Every number of the observation, depth first, members in the order of their names.
    case leaves = "observation"
    /// A text, of the step or of its episode.
    case instruction = "language_instruction"
    /// An image.
    case image = "observation.image"

    /// The numbers of a step's observation; nil where there is no number at all.
    ///
    /// - Throws: `JSONTypeError` for what is no array of numbers.
    static func vector(_ observation: JSONReader) throws(JSONTypeError) -> (ObservationSource, [Float])? {
        if !observation["command"].isNull { return (.command, try numbers(observation["command"])) }
        let joints = observation["robot_state"]["joint_positions"]
        if !joints.isNull { return (.jointPositions, try numbers(joints)) }
        var leaves: [Double] = []
        gather(observation.value, into: &leaves)
        guard !leaves.isEmpty else { return nil }
        let values = leaves.map(Float.init)
        guard values.allSatisfy(\.isFinite) else { throw observation.mismatch("numbers within single precision") }
        return (.leaves, values)
    }

    /// At least one number, each finite in single precision.
    static func numbers(_ reader: JSONReader) throws(JSONTypeError) -> [Float] {
        let values = try reader.doubles().map(Float.init)
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw try reader.array()[index].mismatch("a number within single precision")
        }
        guard !values.isEmpty else { throw reader.mismatch("at least one number", found: "an empty array") }
        return values
    }

    private static func gather(_ json: JSON, into leaves: inout [Double]) {
        switch json {
        case .integer(let number): leaves.append(Double(number))
        case .double(let number): leaves.append(number)
        case .array(let elements): for element in elements { gather(element, into: &leaves) }
        case .object(let members):
            for (_, member) in members.sorted(by: { $0.key < $1.key }) { gather(member, into: &leaves) }
        default: break
        }
    }
}

import Wire

/// Steps of an episode as TFDS writes them: one Example with a list for each member, all steps one behind the other
/// (https://www.tensorflow.org/datasets/external_tfrecord; RLDS, https://github.com/google-research/rlds).
struct FlatEpisode: Sendable {
    /// How many steps the Example holds.
    let stepCount: Int
    /// Whether its first step is the episode's first.
    let isFirst: Bool

    private let source: ObservationSource
    private let observations: [Column]
    private let action: Column?
    private let terminal: [Int64]
    private let times: [Int64]
    private let texts: [ArraySlice<UInt8>]
    private let metadata: [(name: String, values: [Int64])]

    /// A list with the same number of elements for each step.
    private struct Column {
        let values: [Float]
        let width: Int

        func row(_ index: Int) -> ArraySlice<Float> { values[index * width..<(index + 1) * width] }
    }

    /// The features that have one element for each step, the first of which says how many steps there are.
    private static let perStep: [(name: String, kind: TFExample.Feature.Kind)] = [
        ("steps/is_first", .integers), ("steps/is_last", .integers), ("steps/is_terminal", .integers),
        ("steps/reward", .floats), ("steps/language_instruction", .bytes), ("steps/timestamp_ns", .integers),
    ]
    private static let metadataPrefix = "steps/step_metadata/"
    private static let observation = "steps/observation"
    private static let actions = ["steps/action", "steps/action/command"]

    /// Whether an Example has this layout.
    static func isFlat(_ example: TFExample) -> Bool { example.features.keys.contains { $0.hasPrefix("steps/") } }

    /// Reads an Example.
    init(_ example: TFExample, _ limits: EpisodeLimits) throws(EpisodeFault) {
        let features = example.features
        stepCount = try Self.countSteps(features)
        guard stepCount <= limits.exampleStepsMax else {
            let message = "\(stepCount) steps in one Example, allowed are \(limits.exampleStepsMax)"
            throw EpisodeFault(.recordLimit, message)
        }
        let numbers = features.values.reduce(0) { $0 + ($1.kind == .bytes ? 0 : $1.count) }
        guard numbers <= limits.exampleNumbersMax else {
            let message = "\(numbers) numbers in one Example, allowed are \(limits.exampleNumbersMax)"
            throw EpisodeFault(.recordLimit, message)
        }
        let first = features["steps/is_first"]?.integers ?? []
        let last = features["steps/is_last"]?.integers ?? []
        isFirst = first.first != 0
        guard first.dropFirst().allSatisfy({ $0 == 0 }) else {
            throw EpisodeFault(.stepOrder, "steps/is_first is set within the Example")
        }
        guard last.dropLast().allSatisfy({ $0 == 0 }) else {
            throw EpisodeFault(.stepOrder, "steps/is_last is set before the Example's last step")
        }
        (source, observations) = try Self.observation(features, steps: stepCount)
        action = try Self.action(features, steps: stepCount)
        terminal = features["steps/is_terminal"]?.integers ?? []
        texts = features["steps/language_instruction"]?.bytes ?? []
        metadata = Self.metadata(features, steps: stepCount)
        times = features["steps/timestamp_ns"]?.integers ?? []
        guard times.allSatisfy({ $0 >= 0 }) else {
            throw EpisodeFault(.stepInvalid, "steps/timestamp_ns: a time before 0")
        }
    }

    /// One of the steps.
    func step(_ row: Int) -> EpisodeStep {
        var step = EpisodeStep()
        (step.source, step.observation) = (source, observations.flatMap { $0.row(row) })
        step.members = .object(members(row))
        step.action = action.map { Array($0.row(row)) }
        step.isTerminal = terminal.isEmpty ? false : terminal[row] != 0
        guard !times.isEmpty else { return step }
        step.times = Array(repeating: nil, count: EpisodeClock.allCases.count)
        step.times[EpisodeClock.step.index] = times[row]
        return step
    }

    /// What is not among the numbers: the text, and integers of the step's metadata, a class for one.
    private func members(_ row: Int) -> [String: JSON] {
        var members: [String: JSON] = [:]
        if !texts.isEmpty {
            members[EpisodeStep.instruction] = .string(String(decoding: texts[row], as: UTF8.self))
        }
        var values: [String: JSON] = [:]
        for (name, numbers) in metadata { values[name] = .integer(numbers[row]) }
        if !values.isEmpty { members["step_metadata"] = .object(values) }
        return members
    }

    private static func countSteps(_ features: [String: TFExample.Feature]) throws(EpisodeFault) -> Int {
        var count: Int?
        for (name, kind) in perStep {
            guard let feature = features[name], feature.count > 0 else { continue }
            guard feature.kind == kind else {
                throw EpisodeFault(.exampleLayout, "\(name): wanted \(kind), found \(feature.summary)")
            }
            guard count == nil || count == feature.count else {
                throw EpisodeFault(.exampleLayout, "\(name): \(feature.count) elements, wanted \(count ?? 0)")
            }
            count = feature.count
        }
        guard let count else {
            let names = perStep.prefix(3).map(\.name).joined(separator: ", ")
            throw EpisodeFault(.exampleLayout, "none of \(names) says how many steps there are")
        }
        return count
    }

    private static func metadata(
        _ features: [String: TFExample.Feature],
        steps: Int
    ) -> [(name: String, values: [Int64])] {
        features.compactMap { name, feature in
            guard name.hasPrefix(metadataPrefix), feature.kind == .integers, feature.count == steps else { return nil }
            return (String(name.dropFirst(metadataPrefix.count)), feature.integers)
        }
    }

    private static func observation(
        _ features: [String: TFExample.Feature],
        steps: Int
    ) throws(EpisodeFault) -> (ObservationSource, [Column]) {
        let sources: [(ObservationSource, String)] = [
            (.command, "/command"), (.jointPositions, "/robot_state/joint_positions"), (.leaves, ""),
        ]
        for (source, name) in sources where (features[observation + name]?.count ?? 0) > 0 {
            return (source, [try column(observation + name, features, steps: steps)])
        }
        // Images and other bytes are no numbers.
        let names = features.keys.filter { name in
            name.hasPrefix(observation + "/") && [.floats, .integers].contains(features[name]?.kind)
        }
        let sorted = names.map { $0.split(separator: "/") }.sorted { $0.lexicographicallyPrecedes($1) }
        var columns: [Column] = []
        for name in sorted { columns.append(try column(name.joined(separator: "/"), features, steps: steps)) }
        return (.leaves, columns)
    }

    private static func action(
        _ features: [String: TFExample.Feature],
        steps: Int
    ) throws(EpisodeFault) -> Column? {
        guard let name = actions.first(where: { (features[$0]?.count ?? 0) > 0 }) else { return nil }
        return try column(name, features, steps: steps)
    }

    private static func column(
        _ name: String,
        _ features: [String: TFExample.Feature],
        steps: Int
    ) throws(EpisodeFault) -> Column {
        guard let feature = features[name], feature.kind == .floats || feature.kind == .integers else {
            throw EpisodeFault(.exampleLayout, "\(name): wanted numbers, found \(features[name]?.summary ?? "nothing")")
        }
        guard feature.count > 0, feature.count.isMultiple(of: steps) else {
            throw EpisodeFault(.exampleLayout, "\(name): \(feature.count) numbers do not fit \(steps) steps")
        }
        let values = feature.kind == .floats ? feature.floats : feature.integers.map(Float.init)
        guard values.allSatisfy(\.isFinite) else { throw EpisodeFault(.stepInvalid, "\(name): a number is not finite") }
        return Column(values: values, width: feature.count / steps)
    }
}

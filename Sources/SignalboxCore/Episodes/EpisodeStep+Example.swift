import Wire

extension EpisodeStep {
    /// The features of an Example that holds one step.
    private enum Name {
        static let index = "step_index"
        static let observation = "observation"
        static let action = "action"
        static let observationCommand = "observation_command"
        static let actionCommand = "action_command"
        static let reward = "reward"
        static let isTerminal = "is_terminal"
        static let metadata = "step_metadata"
    }

    /// Whether an Example holds one step.
    static func isStep(_ example: TFExample) -> Bool {
        example.features[Name.observation] != nil || example.features[Name.observationCommand] != nil
    }

    /// A step of an Example: `observation`, `action` and `step_metadata` are JSON; the numbers in
    /// `observation_command` and `action_command` come before those within it.
    init(_ example: TFExample, jsonBytesMax: Int) throws(EpisodeFault) {
        var members: [String: JSON] = [:]
        for name in [Name.observation, Name.action, Name.metadata] {
            members[name] = try Self.json(name, of: example, bytesMax: jsonBytesMax)
        }
        for (list, name) in [(Name.observationCommand, Name.observation), (Name.actionCommand, Name.action)] {
            guard let numbers = try Self.numbers(list, of: example) else { continue }
            guard case .object(var parent) = members[name] ?? [:] else {
                throw EpisodeFault(.stepInvalid, "\(name): wanted an object")
            }
            parent["command"] = .array(numbers.map { .double(Double($0)) })
            members[name] = .object(parent)
        }
        if let index = try Self.only(example.features[Name.index], Name.index, .integers) {
            members[Name.index] = index.integers.first.map(JSON.integer)
        }
        if let reward = try Self.only(example.features[Name.reward], Name.reward, .floats) {
            members[Name.reward] = reward.floats.first.map { .double(Double($0)) }
        }
        if let isTerminal = try Self.only(example.features[Name.isTerminal], Name.isTerminal, .integers) {
            members[Name.isTerminal] = isTerminal.integers.first.map(JSON.integer)
        }
        do throws(JSONTypeError) {
            try self.init(JSONReader(.object(members)), needsIndex: true)
        } catch {
            throw EpisodeFault(.stepInvalid, "\(error)")
        }
    }

    /// A feature of one element; nil of none.
    private static func only(
        _ feature: TFExample.Feature?,
        _ name: String,
        _ kind: TFExample.Feature.Kind
    ) throws(EpisodeFault) -> TFExample.Feature? {
        guard let feature, feature.count > 0 else { return nil }
        guard feature.kind == kind, feature.count == 1 else {
            throw EpisodeFault(.exampleLayout, "\(name): wanted one element of \(kind), found \(feature.summary)")
        }
        return feature
    }

    private static func json(_ name: String, of example: TFExample, bytesMax: Int) throws(EpisodeFault) -> JSON? {
        guard let bytes = try only(example.features[name], name, .bytes)?.bytes.first, !bytes.isEmpty else {
            return nil
        }
        do throws(JSONParseError) {
            let limits = JSONLimits(bytesMax: bytesMax, depthMax: JSONLimits.standard.depthMax)
            return try JSON(parsing: Array(bytes), limits: limits)
        } catch {
            throw EpisodeFault(error.code == .tooLarge ? .lineLimit : .jsonInvalid, "\(name): \(error)")
        }
    }

    private static func numbers(_ name: String, of example: TFExample) throws(EpisodeFault) -> [Float]? {
        guard let feature = example.features[name], feature.count > 0 else { return nil }
        guard feature.kind == .floats else {
            throw EpisodeFault(.exampleLayout, "\(name): wanted floats, found \(feature.summary)")
        }
        let numbers = feature.floats
        guard numbers.allSatisfy(\.isFinite) else {
            throw EpisodeFault(.stepInvalid, "\(name): a number is not finite")
        }
        return numbers
    }
}

extension TFExample.Feature {
    /// `3 of floats`.
    var summary: String { kind == .none ? "nothing" : "\(count) of \(kind)" }
}

public import Wire

/// How to train: the `config` of a job document and `training` of a manifest.
public struct JobConfig: Sendable, Equatable {
    /// The model type of jobs that a training command does.
    public static let commandType = "command"
    /// The last step of a command: the names of checkpoints have nine digits.
    public static let stepsMax = 999_999_999
    /// Classes of an `ordinal` model.
    public static let classesMax = 1024
    /// Arguments of a command.
    public static let argumentsMax = 64
    /// Bytes of an argument.
    public static let argumentBytesMax = 1024

    /// Which model: `wavecore`, `ordinal`, or `command` for what the deployment's training command makes.
    public var modelType: String
    /// Which of the model's sizes or backbones: of `wavecore` `development`, `pi5`, `cloud`; of `ordinal` `dense`,
    /// `text`, `image`.
    public var preset: String
    /// The name it is registered under; nil: the environment and the model type.
    public var modelName: String?
    /// Passes over the training episodes.
    public var epochs: Int
    /// Windows of one step: a multiple of what the preset's programs take at once.
    public var batchSize: Int
    /// The learning rate of every step.
    public var learningRate: Double
    /// Of the order of the data and the first parameters.
    public var seed: Int64
    /// Steps from one checkpoint to the next.
    public var checkpointEverySteps: Int
    /// Seconds after which a checkpoint is made, however few the steps were.
    public var checkpointEverySeconds: Int
    /// How many classes an `ordinal` model tells apart.
    public var classes: Int
    /// Where a step says its class, a whole number from 0.
    public var labelPath: LabelPath
    /// Steps of a command; nil: as it pleases.
    public var numSteps: Int?
    /// What a command is started with, with placeholders; nil: the standard flags.
    public var arguments: [String]?
    /// The tier to run on; nil: the configured ladder, whole.
    public var tier: String?
    /// What the job may cost in all, in USD; nil: no cap.
    public var spendMaxUSD: Double?

    /// What counts where a manifest says nothing.
    public static let standard = JobConfig()

    /// A config; unnamed parts as in ``standard``.
    public init(
        modelType: String = "wavecore",
        preset: String = "development",
        modelName: String? = nil,
        epochs: Int = 40,
        batchSize: Int = 16,
        learningRate: Double = 0.005,
        seed: Int64 = 0,
        checkpointEverySteps: Int = 50,
        checkpointEverySeconds: Int = 1800,
        classes: Int = 5,
        labelPath: LabelPath = .standard,
        numSteps: Int? = nil,
        arguments: [String]? = nil,
        tier: String? = nil,
        spendMaxUSD: Double? = nil
    ) {
        self.modelType = modelType
        self.preset = preset
        self.modelName = modelName
        self.epochs = epochs
        self.batchSize = batchSize
        self.learningRate = learningRate
        self.seed = seed
        self.checkpointEverySteps = checkpointEverySteps
        self.checkpointEverySeconds = checkpointEverySeconds
        self.classes = classes
        self.labelPath = labelPath
        self.numSteps = numSteps
        self.arguments = arguments
        self.tier = tier
        self.spendMaxUSD = spendMaxUSD
    }

    /// Reads a config; every part may be missing, none may be unknown: a misspelt one would train something else.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        guard case .object = reader.value else { throw reader.mismatch("an object") }
        if let unknown = reader.names.first(where: { !Self.names.contains($0) }) {
            throw reader[unknown].mismatch("one of \(Self.names.joined(separator: ", "))", found: unknown)
        }
        let standard = JobConfig.standard
        modelType = try reader["model_type"].optional?.slug() ?? standard.modelType
        preset = try reader["preset"].optional?.slug() ?? standard.preset
        modelName = try reader["model_name"].optional?.slug()
        epochs = try reader["epochs"].optional?.int(in: 1...100_000) ?? standard.epochs
        batchSize = try reader["batch_size"].optional?.int(in: 1...65_536) ?? standard.batchSize
        learningRate = try reader["learning_rate"].optional?.double() ?? standard.learningRate
        guard learningRate > 0, learningRate <= 10 else {
            throw reader["learning_rate"].mismatch("a number above 0, at most 10", found: "\(learningRate)")
        }
        seed = try reader["seed"].optional?.integer(in: 0...(1 << 53)) ?? standard.seed
        checkpointEverySteps =
            try reader["checkpoint_every_steps"].optional?.int(in: 1...1_000_000) ?? standard.checkpointEverySteps
        checkpointEverySeconds =
            try reader["checkpoint_every_seconds"].optional?.int(in: 1...86_400) ?? standard.checkpointEverySeconds
        classes = try reader["classes"].optional?.int(in: 2...Self.classesMax) ?? standard.classes
        labelPath =
            try reader["label_path"].optional.map { path throws(JSONTypeError) in try Self.labelPath(path) }
            ?? standard.labelPath
        numSteps = try reader["num_steps"].optional?.int(in: 1...Self.stepsMax)
        arguments = try reader["arguments"].optional.map { list throws(JSONTypeError) in try Self.arguments(list) }
        tier = try reader["tier"].optional?.slug()
        spendMaxUSD = try reader["spend_max_usd"].optional?.double()
        if let spendMaxUSD, !(spendMaxUSD > 0 && spendMaxUSD.isFinite) {
            throw reader["spend_max_usd"].mismatch("an amount above 0", found: "\(spendMaxUSD)")
        }
    }

    private static func labelPath(_ reader: JSONReader) throws(JSONTypeError) -> LabelPath {
        let text = try reader.string()
        guard let path = LabelPath(text) else {
            throw reader.mismatch("up to \(LabelPath.namesMax) names with dots between them", found: text)
        }
        return path
    }

    private static func arguments(_ reader: JSONReader) throws(JSONTypeError) -> [String] {
        let elements = try reader.array()
        guard elements.count <= argumentsMax else {
            throw reader.mismatch("at most \(argumentsMax) arguments", found: "\(elements.count)")
        }
        var arguments: [String] = []
        for element in elements {
            let text = try element.string()
            guard text.utf8.count <= argumentBytesMax, !text.utf8.contains(0) else {
                throw element.mismatch("at most \(argumentBytesMax) bytes, none of them zero")
            }
            arguments.append(text)
        }
        return arguments
    }

    /// The name that the model is registered under.
    public func modelName(environmentID: String) -> String { modelName ?? "\(environmentID)-\(modelType)" }

    private static let names = [
        "model_type", "preset", "model_name", "epochs", "batch_size", "learning_rate", "seed", "checkpoint_every_steps",
        "checkpoint_every_seconds", "classes", "label_path", "num_steps", "arguments", "tier", "spend_max_usd",
    ]

    /// The config's members; those that are nil stay away.
    public var json: JSON {
        var members: [String: JSON] = [
            "model_type": .string(modelType),
            "epochs": .integer(Int64(epochs)),
            "batch_size": .integer(Int64(batchSize)),
            "learning_rate": .double(learningRate),
            "seed": .integer(seed),
            "checkpoint_every_steps": .integer(Int64(checkpointEverySteps)),
        ]
        // What is left at its standard stays away: such configs' jobs keep the names that they had without the choice.
        if preset != Self.standard.preset { members["preset"] = .string(preset) }
        if checkpointEverySeconds != Self.standard.checkpointEverySeconds {
            members["checkpoint_every_seconds"] = .integer(Int64(checkpointEverySeconds))
        }
        if classes != Self.standard.classes { members["classes"] = .integer(Int64(classes)) }
        if labelPath != Self.standard.labelPath { members["label_path"] = .string(labelPath.description) }
        if let modelName { members["model_name"] = .string(modelName) }
        if let numSteps { members["num_steps"] = .integer(Int64(numSteps)) }
        if let arguments { members["arguments"] = .array(arguments.map(JSON.string)) }
        if let tier { members["tier"] = .string(tier) }
        if let spendMaxUSD { members["spend_max_usd"] = .double(spendMaxUSD) }
        return .object(members)
    }
}

/// The name of a job, derived from its package and config, so that duplicates meet in one document.
public enum JobID {
    /// The first letters of every job id.
    public static let prefix = "job-"

    /// `job-` and the first 32 hexadecimal digits of SHA-256 over the package's id, NUL and the config's JSON with its
    /// members in order.
    public static func derive(packageID: String, config: JobConfig) -> String {
        prefix + SHA256.digest(of: "\(packageID)\0\(config.json.serialized())").hex.prefix(32)
    }
}

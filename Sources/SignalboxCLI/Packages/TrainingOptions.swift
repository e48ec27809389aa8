import ArgumentParser
import SignalboxCore
import Wire

/// How to train, as the robot asks for it: a file, single values, or both, the values over the file.
struct TrainingOptions: ParsableArguments {
    @Option(name: .customLong("training"), help: "A JSON file with the training config (docs/job-document.md).")
    var file: String?

    @Option(help: "Which model: wavecore, ordinal, or command for the deployment's own training program.")
    var modelType: String?

    @Option(help: "Which size of the model: development, pi5, cloud; of ordinal: development, dense, text, image.")
    var preset: String?

    @Option(help: "The name the model is registered under.")
    var modelName: String?

    @Option(help: "Passes over the training episodes.")
    var epochs: Int?

    @Option(help: "Windows of one step.")
    var batchSize: Int?

    @Option(help: "The learning rate.")
    var learningRate: Double?

    @Option(help: "Of the order of the data and the first parameters.")
    var seed: Int64?

    @Option(help: "Steps from one checkpoint to the next.")
    var checkpointEverySteps: Int?

    @Option(help: "Seconds after which a checkpoint is made, however few the steps were.")
    var checkpointEverySeconds: Int?

    @Option(help: "How many classes an ordinal model tells apart.")
    var classes: Int?

    @Option(help: "Where a step says its class, a whole number from 0: step_metadata.label.")
    var labelPath: String?

    @Option(help: "Steps of a training command.")
    var numSteps: Int?

    @Option(help: "The compute tier to train on.")
    var tier: String?

    @Option(name: .customLong("spend-max-usd"), help: "What the job may cost in all, in USD.")
    var spendMaxUSD: Double?

    /// Bytes of a training config's file.
    private static let fileBytesMax = 64 << 10

    /// The config; nil where nothing was said.
    func config() throws -> JobConfig? {
        var members: [String: JSON] = [:]
        if let file {
            members = try Self.members(of: file)
        }
        let given: [String: JSON?] = [
            "model_type": modelType.map(JSON.string),
            "preset": preset.map(JSON.string),
            "model_name": modelName.map(JSON.string),
            "epochs": epochs.map { .integer(Int64($0)) },
            "batch_size": batchSize.map { .integer(Int64($0)) },
            "learning_rate": learningRate.map(JSON.double),
            "seed": seed.map(JSON.integer),
            "checkpoint_every_steps": checkpointEverySteps.map { .integer(Int64($0)) },
            "checkpoint_every_seconds": checkpointEverySeconds.map { .integer(Int64($0)) },
            "classes": classes.map { .integer(Int64($0)) },
            "label_path": labelPath.map(JSON.string),
            "num_steps": numSteps.map { .integer(Int64($0)) },
            "tier": tier.map(JSON.string),
            "spend_max_usd": spendMaxUSD.map(JSON.double),
        ]
        members.merge(given.compactMapValues { $0 }) { _, given in given }
        guard !members.isEmpty else { return nil }
        do {
            return try JobConfig(JSONReader(.object(members)))
        } catch {
            throw CommandError(.argumentUnusable, "the training config: \(error)")
        }
    }

    private static func members(of file: String) throws -> [String: JSON] {
        let bytes = try FileIO.read(file, bytesMax: fileBytesMax)
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw CommandError(.fileUnusable, "\(file): \(error)") }
        guard case .object(let members) = json else {
            throw CommandError(.fileUnusable, "\(file): wanted a JSON object")
        }
        return members
    }

    /// Whether more is said than a retry of a job can change.
    var namesMoreThanARetry: Bool {
        let others: [Any?] = [
            file, modelType, preset, modelName, epochs, batchSize, learningRate, seed,
            checkpointEverySteps, checkpointEverySeconds, classes, labelPath, numSteps,
        ]
        return others.contains { $0 != nil }
    }
}

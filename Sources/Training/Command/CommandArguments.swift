import SignalboxCore

/// What a training command is started with.
enum CommandArguments {
    /// The flags that count where a config has no template.
    static func standard(_ config: JobConfig) -> [String] {
        let always = [
            "--data-path", "{data_path}", "--output-dir", "{output_dir}", "--batch-size", "{batch_size}",
            "--learning-rate", "{learning_rate}",
        ]
        return config.numSteps == nil ? always : always + ["--num-steps", "{num_steps}"]
    }

    /// The arguments with their placeholders filled in.
    ///
    /// - Throws: `arguments_invalid` for a placeholder that there is not, or that has no value.
    static func filled(_ config: JobConfig, _ folders: CommandFolders) throws(TrainingError) -> [String] {
        let values: [String: String?] = [
            "data_path": folders.data, "output_dir": folders.output, "checkpoint_dir": folders.checkpoints,
            "metrics_path": folders.metrics, "batch_size": "\(config.batchSize)",
            "num_steps": config.numSteps.map { "\($0)" }, "epochs": "\(config.epochs)",
            "learning_rate": "\(config.learningRate)", "seed": "\(config.seed)",
            "checkpoint_every_steps": "\(config.checkpointEverySteps)",
            "checkpoint_every_seconds": "\(config.checkpointEverySeconds)",
        ]
        var filled: [String] = []
        for argument in config.arguments ?? standard(config) { filled.append(try fill(argument, values)) }
        return filled
    }

    private static func fill(_ text: String, _ values: [String: String?]) throws(TrainingError) -> String {
        var (filled, rest) = ("", text[...])
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            guard let known = values[name] else {
                let names = values.keys.sorted().joined(separator: ", ")
                throw TrainingError(.argumentsInvalid, "{\(name)} is no placeholder; there are \(names)")
            }
            guard let value = known else {
                throw TrainingError(.argumentsInvalid, "{\(name)} has no value: set \(name) in the job's config")
            }
            filled += rest[..<open] + value
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }
}

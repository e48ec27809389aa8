import SignalboxCore
import Wire

/// Samples for those who quantise the model, and how they came to be: raw -> processed -> calibration, each step with
/// the SHA-256 of what went in and what came out. The same package, config and release give the same bytes.
struct Calibration: Sendable {
    /// Fewer distinct samples say too little of a model's range.
    static let samplesMin = 100
    /// More change nothing.
    static let samplesMax = 500
    /// The samples' file.
    static let samplesFileName = "calibration.safetensors"
    /// Its description.
    static let fileName = "calibration.json"
    private static let format = 1

    /// What is published beside the model.
    let files: [ModelPublisher.File]

    /// Draws the samples of a dataset.
    ///
    /// - Parameter episodes: all that were read, those without an action included.
    init(of dataset: Dataset, _ episodes: [Episode], _ manifest: Manifest) throws(TrainingError) {
        let draw = CalibrationDraw(dataset, countMax: Self.samplesMax)
        let processed = Self.processedDigest(dataset)
        let samples = draw.samples.count < Self.samplesMin ? [] : draw.samples
        let bytes = samples.isEmpty ? nil : try Self.encode(samples, dataset, processed: processed)
        let output = bytes.map { SHA256.digest(of: $0) }
        var members: [String: JSON] = [
            "format": Self.number(Self.format),
            "status": samples.isEmpty ? "absent" : "written",
            "reason": samples.isEmpty
                ? .string("\(draw.samples.count) distinct samples, at least \(Self.samplesMin) are needed") : nil,
            "file": bytes == nil ? nil : .string(Self.samplesFileName),
            "seed": .integer(Int64(bitPattern: dataset.seed)),
            "samples": Self.number(samples.count),
            "samples_min": Self.number(Self.samplesMin),
            "samples_max": Self.number(Self.samplesMax),
            "split": ["side": "training", "validation_held_out": .bool(dataset.isHeldOut)],
            "rejected": Self.rejected(episodes, dataset, draw).json,
        ]
        members["steps"] = [
            Self.step("raw", manifest.archive.digest, dataset.digest, ["episodes": Self.number(episodes.count)]),
            Self.step(
                "processed",
                dataset.digest,
                processed,
                ["episodes": Self.number(dataset.episodes.count), "windows": Self.number(draw.windowCount)]
            ),
            Self.step("calibration", processed, output, ["samples": Self.number(samples.count)]),
        ]
        members["records"] = .array(
            samples.map { sample in
                [
                    "episode": .string(dataset.episodes[sample.episode].identifier),
                    "start_step": Self.number(sample.start),
                    "steps": Self.number(sample.stepCount),
                    "sha256": .string(sample.digest.hex),
                ]
            }
        )
        var files: [ModelPublisher.File] = []
        if let bytes {
            let type = "application/octet-stream"
            files.append(ModelPublisher.File(name: Self.samplesFileName, contentType: type, bytes: bytes))
        }
        let text = JSON.object(members).serialized(pretty: true)
        let json = ModelPublisher.File(name: Self.fileName, contentType: "application/json", bytes: Array(text.utf8))
        self.files = files + [json]
    }

    /// `observations` F32 [N, L, O] and `observation_mask` F32 [N, O]: what `predict` takes, a sample a row.
    private static func encode(
        _ samples: [CalibrationSample],
        _ dataset: Dataset,
        processed: Digest
    ) throws(TrainingError) -> [UInt8] {
        let shape = dataset.shape
        let mask = (0..<shape.observationWidth).map { Float($0 < dataset.observationWidth ? 1 : 0) }
        var tensors: [Tensor] = []
        for (name, dimensions, values) in [
            ("observations", [shape.windowSteps, shape.observationWidth], samples.map(\.observations)),
            ("observation_mask", [shape.observationWidth], samples.map { _ in mask }),
        ] {
            let bytes = values.flatMap { CalibrationSample.bytes($0) }
            let sizes = [samples.count] + dimensions
            guard let tensor = Tensor(name: name, shape: sizes, element: .float32, bytes: bytes) else {
                throw TrainingError(.dimensionMismatch, "\(name) of the calibration samples has no room")
            }
            tensors.append(tensor)
        }
        let metadata = ["processed_sha256": processed.hex, "seed": String(Int64(bitPattern: dataset.seed))]
        return try Safetensors(tensors, metadata: metadata).encoded()
    }

    /// SHA-256 over a line of canonical JSON with split, sizes and statistics, then each episode's normalised
    /// observations and actions in the order of the ids, as single-precision numbers.
    static func processedDigest(_ dataset: Dataset) -> Digest {
        var hash = SHA256()
        let header: JSON = [
            "seed": .integer(Int64(bitPattern: dataset.seed)),
            "window_steps": number(dataset.shape.windowSteps),
            "training_episodes": .array(dataset.trainingEpisodes.map(JSON.string)),
            "validation_episodes": .array(dataset.validationEpisodes.map(JSON.string)),
            "observations": dataset.observationNormalisation.json,
            "actions": dataset.actionNormalisation.json,
        ]
        hash.update(header.bytes + [UInt8(ascii: "\n")])
        for episode in dataset.episodes {
            for (values, width, normalisation) in [
                (episode.observations, dataset.observationWidth, dataset.observationNormalisation),
                (episode.actions, dataset.actionWidth, dataset.actionNormalisation),
            ] {
                let processed = values.enumerated().map { normalisation.normalise($1, column: $0 % width) }
                processed.withUnsafeBytes { hash.update($0) }
            }
        }
        return hash.finalize()
    }

    private static func rejected(_ episodes: [Episode], _ dataset: Dataset, _ draw: CalibrationDraw) -> RejectedRecords
    {
        var rejected = RejectedRecords()
        for episode in episodes.sorted(by: { $0.identifier < $1.identifier }) {
            guard episode.trainable.contains(true) else {
                rejected.add(.episodeWithoutActions, episode: episode.identifier, step: nil)
                continue
            }
            for (step, isTrainable) in episode.trainable.enumerated() where !isTrainable {
                rejected.add(.noAction, episode: episode.identifier, step: step)
            }
        }
        for (episode, start) in draw.duplicates {
            rejected.add(.duplicateSample, episode: dataset.episodes[episode].identifier, step: start)
        }
        return rejected
    }

    private static func step(_ name: String, _ input: Digest, _ output: Digest?, _ counts: [String: JSON]) -> JSON {
        let members: [String: JSON] = [
            "name": .string(name),
            "input_sha256": .string(input.hex),
            "output_sha256": output.map { .string($0.hex) } ?? nil,
        ]
        return .object(members.merging(counts) { own, _ in own })
    }

    private static func number(_ value: Int) -> JSON { .integer(Int64(value)) }
}

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
    /// - Throws: ``TrainingError``; `CancellationError` of a task that is cancelled, for a large dataset takes minutes.
    init(of dataset: Dataset, _ episodes: [Episode], _ manifest: Manifest) throws {
        let draw = try CalibrationDraw(dataset, countMax: Self.samplesMax)
        let processed = try Self.processedDigest(dataset)
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
                let episode = dataset.episodes[sample.window.episode]
                return [
                    "episode": .string(episode.identifier),
                    "start_step": Self.number(sample.window.start),
                    "steps": Self.number(min(dataset.shape.windowSteps, episode.stepCount - sample.window.start)),
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

    /// `observations` F32 [N, L, O] and `observation_mask` F32 [N, O], of classes `class_mask` F32 [N, K] too:
    /// what `predict` takes, a sample a row.
    private static func encode(
        _ samples: [CalibrationSample],
        _ dataset: Dataset,
        processed: Digest
    ) throws(TrainingError) -> [UInt8] {
        let shape = dataset.shape
        var inputs = [
            ("observations", [shape.windowSteps, shape.observationWidth], samples.map(\.observations)),
            ("observation_mask", [shape.observationWidth], samples.map(\.mask)),
        ]
        if let label = dataset.label {
            let classes = (0..<shape.targetWidth).map { Float($0 < label.classes ? 1 : 0) }
            inputs.append(("class_mask", [shape.targetWidth], samples.map { _ in classes }))
        }
        var tensors: [Tensor] = []
        for (name, dimensions, values) in inputs {
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

    /// SHA-256 over a line of canonical JSON with seed, sizes and split, then of each episode, in the order of the ids,
    /// the windows one behind the other: observations, observation mask and step mask, as single-precision numbers.
    static func processedDigest(_ dataset: Dataset) throws(CancellationError) -> Digest {
        var hash = SHA256()
        let header: JSON = [
            "seed": .integer(Int64(bitPattern: dataset.seed)),
            "window_steps": number(dataset.shape.windowSteps),
            "observation_width": number(dataset.shape.observationWidth),
            "training_episodes": .array(dataset.trainingEpisodes.map(JSON.string)),
            "validation_episodes": .array(dataset.validationEpisodes.map(JSON.string)),
        ]
        hash.update(header.bytes + [UInt8(ascii: "\n")])
        let steps = dataset.shape.windowSteps
        for index in dataset.episodes.indices {
            let windowCount = (dataset.episodes[index].stepCount + steps - 1) / steps
            // Part by part: an episode may be long, and its rows are padded.
            for first in stride(from: 0, to: windowCount, by: dataset.shape.batchSize) {
                guard !Task.isCancelled else { throw CancellationError() }
                let part = (first..<min(first + dataset.shape.batchSize, windowCount)).map {
                    Dataset.Window(episode: index, start: $0 * steps)
                }
                for batch in dataset.batches(part) {
                    for values in [batch.observations, batch.observationMask, batch.stepMask] {
                        values.withUnsafeBytes { hash.update($0) }
                    }
                }
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
        for window in draw.duplicates {
            let identifier = dataset.episodes[window.episode].identifier
            rejected.add(.duplicateSample, episode: identifier, step: window.start)
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

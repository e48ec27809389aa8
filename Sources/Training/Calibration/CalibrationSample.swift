import Wire

/// A window of a training episode as the programs see it: normalised, in rows of the programs' width, padded with zeros.
struct CalibrationSample: Sendable {
    /// The place among the dataset's episodes.
    let episode: Int
    /// The window's first step.
    let start: Int
    /// Steps that it holds; fewer than a window has where the episode is shorter.
    let stepCount: Int
    /// The observations, row-major [L, O].
    let observations: [Float]

    init(_ dataset: Dataset, episode: Int, start: Int) {
        let source = dataset.episodes[episode]
        let width = dataset.shape.observationWidth
        let stepCount = min(dataset.shape.windowSteps, source.stepCount - start)
        var observations = [Float](repeating: 0, count: dataset.shape.windowSteps * width)
        for step in 0..<stepCount {
            for column in 0..<dataset.observationWidth {
                let value = source.observations[(start + step) * dataset.observationWidth + column]
                observations[step * width + column] =
                    dataset.observationNormalisation.normalise(value, column: column)
            }
        }
        self.episode = episode
        self.start = start
        self.stepCount = stepCount
        self.observations = observations
    }

    /// SHA-256 of the numbers: what tells one sample from another.
    var digest: Digest { SHA256.digest(of: CalibrationSample.bytes(observations)) }

    /// Numbers as safetensors has them.
    static func bytes(_ values: [Float]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }
}

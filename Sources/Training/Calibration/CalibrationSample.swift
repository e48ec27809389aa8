import Wire

/// A window of a training episode as the programs see it.
struct CalibrationSample: Sendable {
    /// Its place in the dataset.
    let window: Dataset.Window
    /// The observations, row-major [L, O].
    let observations: [Float]
    /// Which columns are in use, [O].
    let mask: [Float]

    /// The samples of windows, in their order.
    static func samples(_ windows: [Dataset.Window], in dataset: Dataset) -> [CalibrationSample] {
        let width = dataset.shape.observationWidth
        let count = dataset.shape.windowSteps * width
        let batches = dataset.batches(windows)
        return windows.enumerated().map { index, window in
            let (part, row) = index.quotientAndRemainder(dividingBy: dataset.shape.batchSize)
            return CalibrationSample(
                window: window,
                observations: Array(batches[part].observations[row * count..<(row + 1) * count]),
                mask: Array(batches[part].observationMask[row * width..<(row + 1) * width])
            )
        }
    }

    /// SHA-256 of the numbers: what tells one sample from another.
    var digest: Digest { SHA256.digest(of: CalibrationSample.bytes(observations)) }

    /// Numbers as safetensors has them.
    static func bytes(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
}

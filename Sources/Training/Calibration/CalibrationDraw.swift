import Wire

/// Distinct windows of the training episodes, drawn by the seed: every window of every training episode is as likely.
struct CalibrationDraw: Sendable {
    /// Windows that are drawn before a dataset that repeats itself is given up on.
    static let drawsMax = 20_000
    /// A stream of its own beside those of the split and of the epochs.
    private static let stream: UInt64 = 0xCA11_B8A7_E000_0001

    /// The samples, in the order in which they were drawn.
    private(set) var samples: [CalibrationSample] = []
    /// Windows that hold the same numbers as one drawn before.
    private(set) var duplicates: [Dataset.Window] = []
    /// How many windows there are to draw from.
    let windowCount: Int

    init(_ dataset: Dataset, countMax: Int) throws(CancellationError) {
        let trained = Set(dataset.trainingEpisodes)
        let episodes = dataset.episodes.indices.filter { trained.contains(dataset.episodes[$0].identifier) }
        var ends: [Int] = []
        for episode in episodes {
            let count = max(dataset.episodes[episode].stepCount - dataset.shape.windowSteps, 0) + 1
            ends.append((ends.last ?? 0) + count)
        }
        windowCount = ends.last ?? 0
        // Fisher-Yates as far as it is needed; what has not moved is not held.
        var moved: [Int: Int] = [:]
        var generator = SplitMix64(seed: dataset.seed ^ Self.stream)
        var seen: Set<Digest> = []
        let drawsMax = min(windowCount, Self.drawsMax)
        var position = 0
        while position < drawsMax, samples.count < countMax {
            guard !Task.isCancelled else { throw CancellationError() }
            var drawn: [Dataset.Window] = []
            while position < drawsMax, drawn.count < min(dataset.shape.batchSize, countMax - samples.count) {
                let other = position + generator.next(below: windowCount - position)
                let number = moved[other] ?? other
                moved[other] = moved[position] ?? position
                position += 1
                let place = ends.firstIndex { $0 > number } ?? 0
                let start = number - (place == 0 ? 0 : ends[place - 1])
                drawn.append(Dataset.Window(episode: episodes[place], start: start))
            }
            for sample in CalibrationSample.samples(drawn, in: dataset) {
                if seen.insert(sample.digest).inserted {
                    samples.append(sample)
                } else {
                    duplicates.append(sample.window)
                }
            }
        }
    }
}

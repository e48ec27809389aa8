public import SignalboxCore
public import Wire

/// Episodes made ready for a model: normalised, cut into windows of fixed length, split into training and validation.
public struct Dataset: Sendable {
    /// The sizes that the windows have.
    public let shape: ModelShape
    /// Which classes are learned; nil where it is actions.
    public let label: StepColumns.Label?
    /// Seed of the split and of the order of batches.
    public let seed: UInt64
    /// SHA-256 over the episodes' ids and numbers.
    public let digest: Digest
    /// Where an observation's numbers come from.
    public let observationSource: ObservationSource
    /// Numbers in an observation; at most the shape's.
    public let observationWidth: Int
    /// Numbers in an action; at most the shape's.
    public let actionWidth: Int
    /// Statistics of the observations trained on; nil for texts and images, which are taken as they are.
    public let observationNormalisation: Normalisation?
    /// Statistics of the actions trained on; nil for classes.
    public let actionNormalisation: Normalisation?
    /// Ids of the episodes trained on.
    public let trainingEpisodes: [String]
    /// Ids of the episodes that validate.
    public let validationEpisodes: [String]
    /// False where one episode alone had to stand on both sides.
    public let isHeldOut: Bool
    /// Steps with an action or a class, on both sides.
    public let trainableStepCount: Int

    let episodes: [Episode]
    let trainingWindows: WindowList
    let validationWindows: WindowList

    /// A run of at most `windowSteps` steps of an episode.
    struct Window: Sendable, Equatable {
        let episode: Int
        let start: Int
    }

    /// Prepares episodes; those without a step to learn from are left out.
    ///
    /// Training windows overlap and are full where the episode is long enough; validation windows do not overlap, so
    /// that every step counts once.
    ///
    /// - Parameter label: the classes that the episodes' actions are, of a model of classes.
    /// - Throws: `no_trainable_steps`; `dimension_mismatch` for robots of different widths, or wider than the model;
    ///   `CancellationError` where the task is cancelled: the numbers are gone over several times, which takes a while.
    public init(
        episodes: [Episode],
        shape: ModelShape,
        label: StepColumns.Label? = nil,
        seed: UInt64
    ) throws {
        let episodes = episodes.filter { $0.trainable.contains(true) }.sorted { $0.identifier < $1.identifier }
        guard let first = episodes.first else { throw StepColumns.nothingToLearn(label) }
        try Self.checkWidths(episodes, first: first, shape: shape)
        let split = EpisodeSplit(identifiers: episodes.map(\.identifier), seed: seed)
        let training = split.training.map { episodes[$0] }
        self.shape = shape
        self.label = label
        self.seed = seed
        self.episodes = episodes
        digest = try Self.digest(of: episodes)
        observationSource = first.observationSource
        observationWidth = first.observationWidth
        actionWidth = first.actionWidth
        observationNormalisation = try shape.input == .numbers ? Normalisation(observationsOf: training) : nil
        actionNormalisation = try shape.target == .actions ? Normalisation(actionsOf: training) : nil
        trainingEpisodes = training.map(\.identifier)
        validationEpisodes = split.validation.map { episodes[$0].identifier }
        isHeldOut = split.isHeldOut
        trainableStepCount = episodes.reduce(0) { $0 + $1.trainable.count { $0 } }
        trainingWindows = try WindowList(of: split.training) { index, take in
            try Task.checkCancellation()
            let episode = episodes[index]
            Self.forEachOverlappingStart(steps: episode.stepCount, shape: shape) { start in
                // A step without a class has nothing to give to those around it.
                if label == nil || episode.hasTarget(start, start + shape.windowSteps) { take(start) }
            }
        }
        validationWindows = WindowList(of: split.validation) { index, take in
            stride(from: 0, to: episodes[index].stepCount, by: shape.windowSteps).forEach(take)
        }
    }

    /// How many batches of so many windows an epoch has; the last one may be smaller.
    public func batchesPerEpoch(of batchSize: Int) -> Int { (trainingWindows.count + batchSize - 1) / batchSize }

    private static func checkWidths(
        _ episodes: [Episode],
        first: Episode,
        shape: ModelShape
    ) throws(TrainingError) {
        for episode in episodes {
            guard episode.observationSource == first.observationSource else {
                let other = "\(first.identifier) has \(first.observationSource.rawValue)"
                let message = "\(episode.identifier) observes \(episode.observationSource.rawValue), \(other)"
                throw TrainingError(.dimensionMismatch, "\(message); train each kind by itself")
            }
            let widths = (episode.observationWidth, episode.actionWidth)
            guard widths == (first.observationWidth, first.actionWidth) else {
                let both = "\(widths.0) and \(widths.1) numbers, \(first.identifier) has"
                let message = "\(episode.identifier) has \(both) \(first.observationWidth) and \(first.actionWidth)"
                throw TrainingError(.dimensionMismatch, "\(message); train each robot's episodes by themselves")
            }
        }
        guard first.observationWidth <= shape.observationWidth, first.actionWidth <= shape.targetWidth else {
            let found = "observations of \(first.observationWidth) and actions of \(first.actionWidth) numbers"
            let taken = "the model takes up to \(shape.observationWidth) and \(shape.targetWidth)"
            let advice = "name a wider preset, or record fewer numbers and upload again"
            throw TrainingError(.dimensionMismatch, "\(found), \(taken): \(advice)")
        }
    }

    private static func forEachOverlappingStart(steps: Int, shape: ModelShape, _ take: (Int) -> Void) {
        let last = max(0, steps - shape.windowSteps)
        stride(from: 0, through: last, by: shape.windowStrideSteps).forEach(take)
        if !last.isMultiple(of: shape.windowStrideSteps) { take(last) }
    }

    /// Bytes between two looks at whether the task is cancelled: some milliseconds' hashing.
    private static let bytesAtOnce = 4 << 20

    private static func digest(of episodes: [Episode]) throws -> Digest {
        var hash = SHA256()
        for episode in episodes {
            let sizes = "\(episode.stepCount) \(episode.observationWidth) \(episode.actionWidth)"
            hash.update(Array("\(episode.identifier.utf8.count) \(episode.identifier) \(sizes)\n".utf8))
            for numbers in [episode.observations, episode.actions] {
                try numbers.withUnsafeBytes { bytes in
                    for start in stride(from: 0, to: bytes.count, by: bytesAtOnce) {
                        try Task.checkCancellation()
                        let end = min(start + bytesAtOnce, bytes.count)
                        hash.update(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                    }
                }
            }
            hash.update(episode.trainable.map { $0 ? 1 : 0 })
        }
        return hash.finalize()
    }
}

extension Normalisation {
    /// Of all steps.
    fileprivate init(observationsOf episodes: [Episode]) throws {
        let width = episodes.first?.observationWidth ?? 0
        try self.init(
            rows: episodes.lazy.flatMap { episode in
                episode.trainable.indices.lazy.map { episode.observations.row($0, width: width) }
            },
            width: width
        )
    }

    /// Of steps with an action.
    fileprivate init(actionsOf episodes: [Episode]) throws {
        let width = episodes.first?.actionWidth ?? 0
        try self.init(
            rows: episodes.lazy.flatMap { episode in
                episode.trainable.indices.lazy.filter { episode.trainable[$0] }
                    .map { episode.actions.row($0, width: width) }
            },
            width: width
        )
    }
}

extension Episode {
    /// Whether one of the steps has something to learn.
    fileprivate func hasTarget(_ start: Int, _ end: Int) -> Bool {
        trainable[start..<min(end, stepCount)].contains(true)
    }
}

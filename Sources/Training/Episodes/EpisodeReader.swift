public import SignalboxCore
public import Wire

/// Turns the files of a package into episodes, in whatever order and format they come (``EpisodeWalk``).
///
/// What the intake judged is not judged again, but whatever keeps the steps from being read as they were meant is an
/// error here too. A step without an action is seen by the model and not learned from.
public struct EpisodeReader: ArchiveVisitor, Sendable {
    private var walk: EpisodeWalk<StepArrays>

    /// A reader that has seen nothing.
    public init(limits: EpisodeLimits = .standard, holding dataset: DatasetLimits = .standard) {
        walk = EpisodeWalk(visitor: StepArrays(limits: dataset), limits: limits, isJudged: false)
    }

    /// A file begins.
    public mutating func begin(_ member: ArchiveMember) { walk.begin(member) }

    /// Its next bytes.
    ///
    /// - Throws: ``TrainingError`` `episode_schema` with file and line or record, `episode_duplicate`,
    ///   `dimension_mismatch`, `dataset_too_large`.
    public mutating func data(_ bytes: UnsafeRawBufferPointer) throws {
        try walk.data(bytes)
        try check()
    }

    /// It ends.
    public mutating func end() throws {
        try walk.end()
        try check()
    }

    /// Reads one file at once.
    public mutating func add(path: String, bytes: [UInt8]) throws {
        begin(ArchiveMember(path: path, kind: .file, declaredSize: Int64(bytes.count)))
        try bytes.withUnsafeBytes { try data($0) }
        try end()
    }

    /// The episodes, by id.
    ///
    /// - Throws: `episode_incomplete`, `episode_duplicate`, `episode_schema` for steps out of order,
    ///   `dimension_mismatch`, `no_trainable_steps`.
    public consuming func finish() throws(TrainingError) -> [Episode] {
        let outlines = walk.finish()
        try check()
        let parts = walk.visitor.parts
        let episodes = outlines.map { Episode($0, of: parts) }
        guard episodes.contains(where: { $0.trainable.contains(true) }) else {
            throw TrainingError(
                .noTrainableSteps,
                "no step has an action to learn from; record actions and upload again"
            )
        }
        return episodes
    }

    private func check() throws(TrainingError) {
        guard let error = walk.report.firstError else { return }
        throw TrainingError(error)
    }
}

extension Episode {
    /// Joins the parts of an episode.
    fileprivate init(_ outline: EpisodeOutline, of parts: [StepArrays.Part]) {
        var observations: [Float] = []
        var actions: [Float] = []
        var trainable: [Bool] = []
        for number in outline.parts where number < parts.count {
            let part = parts[number]
            observations += part.observations
            let none = Array(repeating: Float(0), count: part.trainable.count * outline.actionWidth)
            actions += part.actionWidth > 0 ? part.actions : none
            trainable += part.trainable
        }
        self.init(
            identifier: outline.identifier,
            observationSource: outline.source,
            observationWidth: outline.observationWidth,
            actionWidth: outline.actionWidth,
            observations: observations,
            actions: actions,
            trainable: trainable
        )
    }
}

extension TrainingError {
    /// What a finding means to training.
    fileprivate init(_ finding: EpisodeFinding) {
        let code: Code =
            switch finding.code {
            case .episodesMissing: .noTrainableSteps
            case .episodeDuplicate: .episodeDuplicate
            case .stepsMissing, .metadataMissing: .episodeIncomplete
            case .stepWidth: .dimensionMismatch
            case .episodesLimit, .lineLimit, .recordLimit, .gzipLimit: .datasetTooLarge
            default: .episodeSchema
            }
        self.init(code, "\(finding.sentence) (\(finding.code.rawValue))")
    }
}

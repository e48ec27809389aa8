public import SignalboxCore
public import Wire

/// Turns the files of a package into episodes, in whatever order and format they come (``EpisodeWalk``).
///
/// What the intake judged is not judged again, but whatever keeps the steps from being read as they were meant is an
/// error here too. A step without an action is seen by the model and not learned from.
public struct EpisodeReader: ArchiveVisitor, Sendable {
    private let columns: StepColumns
    private var walk: EpisodeWalk<StepArrays>

    /// A reader that has seen nothing, for a model that takes these columns.
    ///
    /// - Parameter scratch: where numbers go that are more than may be held.
    public init(
        columns: StepColumns = .actions,
        limits: EpisodeLimits = .standard,
        holding dataset: DatasetLimits = .standard,
        scratch: ScratchFolder = .standard
    ) {
        self.columns = columns
        let arrays = StepArrays(columns: columns, limits: dataset, scratch: scratch)
        walk = EpisodeWalk(visitor: arrays, limits: limits, isJudged: false)
    }

    /// A file begins.
    public mutating func begin(_ member: ArchiveMember) { walk.begin(member) }

    /// Its next bytes.
    ///
    /// - Throws: ``TrainingError`` `episode_schema` with file and line or record, `episode_duplicate`,
    ///   `dimension_mismatch`, `dataset_too_large`; `FileIO.Failure` where the scratch folder is full.
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
    ///   `dimension_mismatch`, `no_trainable_steps`, `dataset_too_large`; `FileIO.Failure` where the scratch folder is
    ///   full; `CancellationError` where the task is cancelled.
    public consuming func finish() throws -> [Episode] {
        let outlines = walk.finish()
        try check()
        var arrays = walk.visitor
        let episodes = try arrays.episodes(outlines)
        guard episodes.contains(where: { $0.trainable.contains(true) }) else {
            throw StepColumns.nothingToLearn(columns.label)
        }
        return episodes
    }

    private func check() throws(TrainingError) {
        guard let error = walk.report.firstError else { return }
        throw TrainingError(error)
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

import Wire

/// Turns the files of a package into episodes, in whatever order the files come.
///
/// An episode is a folder, at any depth, of `metadata.json` (`schema_version` 1.x, `episode_id`) and
/// `steps/*.jsonl`: one step a line, `step_index` counting from 0 through the files in the order of their names,
/// an `observation` with numbers (``ObservationSource``) and `action.command` as an array of numbers. A step without an
/// action is seen by the model and not learned from. All other files are left alone.
public struct EpisodeReader: Sendable {
    private let columns: StepColumns
    private let limits: EpisodeLimits
    private var identifiers: [String: String] = [:]
    private var texts: [String: [Float]] = [:]
    private var parts: [String: [StepsFile]] = [:]
    private var stepCount = 0
    private var valueCount = 0

    /// A reader that has seen nothing, for a model that takes these columns.
    public init(columns: StepColumns = .actions, limits: EpisodeLimits = .standard) {
        self.columns = columns
        self.limits = limits
    }

    /// Whether a file belongs to an episode, so that others need not be held in memory.
    public static func reads(path: String) -> Bool { EpisodePath(path) != nil }

    /// Reads one file; those that belong to no episode are ignored.
    ///
    /// - Throws: `episode_schema` with file and line, `episode_duplicate`, `dimension_mismatch`, `dataset_too_large`.
    public mutating func add(path: String, bytes: [UInt8]) throws(TrainingError) {
        guard let place = EpisodePath(path) else { return }
        guard bytes.count <= limits.memberBytesMax else {
            throw tooLarge("\(path) has \(bytes.count) bytes, allowed are \(limits.memberBytesMax)")
        }
        switch place.kind {
        case .metadata: try addMetadata(bytes, of: place.folder, path: path)
        case .steps:
            let file = try StepsFile(path: path, bytes: bytes, columns: columns, lineBytesMax: limits.lineBytesMax)
            stepCount += file.stepCount
            valueCount += file.observations.count + file.actions.count
            guard stepCount <= limits.stepsMax else { throw tooLarge("more than \(limits.stepsMax) steps") }
            guard valueCount <= limits.valuesMax else { throw tooLarge("more than \(limits.valuesMax) numbers") }
            parts[place.folder, default: []].append(file)
        }
    }

    /// The episodes, by id.
    ///
    /// - Throws: `episode_incomplete`, `episode_duplicate`, `episode_schema` for steps out of order,
    ///   `dimension_mismatch`, `no_trainable_steps`.
    public consuming func finish() throws(TrainingError) -> [Episode] {
        if let folder = parts.keys.filter({ identifiers[$0] == nil }).min() {
            throw TrainingError(.episodeIncomplete, "\(folder): steps without metadata.json")
        }
        if let folder = identifiers.keys.filter({ parts[$0] == nil }).min() {
            throw TrainingError(.episodeIncomplete, "\(folder): metadata.json without steps")
        }
        var episodes: [String: Episode] = [:]
        for (folder, identifier) in identifiers.sorted(by: { $0.key < $1.key }) {
            guard episodes[identifier] == nil else {
                throw TrainingError(.episodeDuplicate, "\(folder): a second episode with the id \(identifier)")
            }
            episodes[identifier] = try join(parts[folder] ?? [], as: identifier, text: texts[folder])
        }
        guard episodes.values.contains(where: { $0.trainable.contains(true) }) else {
            throw StepColumns.nothingToLearn(columns.label)
        }
        return episodes.sorted { $0.key < $1.key }.map(\.value)
    }

    private mutating func addMetadata(_ bytes: [UInt8], of folder: String, path: String) throws(TrainingError) {
        let identifier: String
        let text: [Float]?
        do {
            let metadata = JSONReader(try JSON(parsing: bytes))
            guard try metadata["schema_version"].string().hasPrefix("1.") else {
                throw metadata["schema_version"].mismatch("a version 1.x")
            }
            identifier = try metadata["episode_id"].string()
            text = try columns.tokens(ofEpisode: metadata)
            guard !identifier.isEmpty, identifier.utf8.count <= Self.identifierBytesMax else {
                throw metadata["episode_id"].mismatch("1 to \(Self.identifierBytesMax) bytes")
            }
        } catch {
            throw TrainingError(.episodeSchema, "\(path): \(error)")
        }
        guard identifiers[folder] == nil else { throw TrainingError(.episodeDuplicate, "\(path) came twice") }
        guard identifiers.count < limits.episodesMax else {
            throw tooLarge("more than \(limits.episodesMax) episodes")
        }
        identifiers[folder] = identifier
        texts[folder] = text
    }

    private func join(
        _ files: [StepsFile],
        as identifier: String,
        text: [Float]?
    ) throws(TrainingError) -> Episode {
        let files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        let filled = files.filter { $0.stepCount > 0 }
        let observationWidth = filled.first?.observationWidth ?? 0
        let actionWidth = filled.lazy.map(\.actionWidth).first { $0 > 0 } ?? 0
        var observations: [Float] = []
        var actions: [Float] = []
        var trainable: [Bool] = []
        for file in filled {
            guard file.firstIndex == trainable.count else {
                let indices = "step_index starts at \(file.firstIndex), wanted \(trainable.count)"
                throw TrainingError(.episodeSchema, "\(file.path): \(indices)")
            }
            guard file.observationWidth == observationWidth, file.actionWidth == 0 || file.actionWidth == actionWidth
            else { throw TrainingError(.dimensionMismatch, "\(file.path): other widths than the episode's first file") }
            guard file.observationSource == filled[0].observationSource else {
                let sources = "\(file.observationSource.rawValue), wanted \(filled[0].observationSource.rawValue)"
                throw TrainingError(.episodeSchema, "\(file.path): observations from \(sources)")
            }
            observations += file.observations
            actions += file.actionWidth > 0 ? file.actions : Array(repeating: 0, count: file.stepCount * actionWidth)
            trainable += file.trainable
        }
        try columns.complete(&observations, withText: text, episode: identifier)
        return Episode(
            identifier: identifier,
            observationSource: filled.first?.observationSource ?? .jointPositions,
            observationWidth: observationWidth,
            actionWidth: actionWidth,
            observations: observations,
            actions: actions,
            trainable: trainable
        )
    }

    private func tooLarge(_ message: String) -> TrainingError {
        TrainingError(.datasetTooLarge, "\(message); split the upload into smaller packages")
    }

    private static let identifierBytesMax = 256
}

/// Which file of which episode a path names.
private struct EpisodePath {
    enum Kind { case metadata, steps }

    let folder: String
    let kind: Kind

    init?(_ path: String) {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        if names.count >= 2, names.last == "metadata.json" {
            (folder, kind) = (names.dropLast().joined(separator: "/"), .metadata)
        } else if names.count >= 3, names[names.count - 2] == "steps", names.last?.hasSuffix(".jsonl") == true {
            (folder, kind) = (names.dropLast(2).joined(separator: "/"), .steps)
        } else {
            return nil
        }
    }
}

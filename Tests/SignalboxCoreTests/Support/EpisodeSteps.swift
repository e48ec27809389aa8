import SignalboxCore
import Wire

/// What a walk over files in memory brings.
struct EpisodeSteps: EpisodeVisitor {
    private(set) var descriptions: [JSON] = []
    private(set) var steps: [Int: [EpisodeStep]] = [:]

    mutating func describe(_ metadata: JSONReader) { descriptions.append(metadata.value) }

    mutating func take(_ step: EpisodeStep, part: Int) { steps[part, default: []].append(step) }

    /// Walks through files, so many bytes at once.
    static func read(
        _ files: [Member],
        limits: EpisodeLimits = .standard,
        chunkBytes: Int = 1 << 20,
        isJudged: Bool = true
    ) throws -> (report: EpisodeReport, episodes: [String: [[Float]]]) {
        var walk = EpisodeWalk(visitor: EpisodeSteps(), limits: limits, isJudged: isJudged)
        for file in files {
            walk.begin(ArchiveMember(path: file.path, kind: .file, declaredSize: nil))
            for start in stride(from: 0, to: file.bytes.count, by: chunkBytes) {
                let end = min(start + chunkBytes, file.bytes.count)
                try Array(file.bytes[start..<end]).withUnsafeBytes { try walk.data($0) }
            }
            try walk.end()
        }
        let outlines = walk.finish()
        let steps = walk.visitor.steps
        let episodes = outlines.map { outline in
            (outline.identifier, outline.parts.flatMap { steps[$0] ?? [] }.map { $0.observation + ($0.action ?? []) })
        }
        return (walk.report, Dictionary(uniqueKeysWithValues: episodes))
    }
}

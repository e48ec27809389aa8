import SignalboxCore
import Wire

extension FuzzTarget {
    /// Files of episodes of any format: TFRecord, gzip, one-file JSON, JSONL.
    static let episodeFile = FuzzTarget(name: "episode-file") { EpisodePromise.check($0, path: "a/b") }

    /// Files of `steps/`, in which everything else is an error.
    static let episodeSteps = FuzzTarget(name: "episode-steps") { EpisodePromise.check($0, path: "a/steps/0") }

    /// `tf.train.Example`, in a record with the right checksums.
    static let tfExample = FuzzTarget(name: "tf-example") { bytes in
        EpisodePromise.check(TFRecordFrames.frame(bytes), path: "a/b")
    }
}

/// What the reader of episodes promises: the same steps and findings however the bytes are cut, steps of one width
/// where there is no error, and no more findings than are listed.
private enum EpisodePromise {
    static let limits = EpisodeLimits(
        lineBytesMax: 4 << 10,
        recordBytesMax: 64 << 10,
        metadataBytesMax: 4 << 10,
        unpackedBytesMax: 1 << 20,
        exampleStepsMax: 1 << 10,
        episodesMax: 64,
        partsMax: 128
    )

    static func check(_ bytes: [UInt8], path: String) {
        let whole = read(bytes, path: path, chunkBytes: 1 << 20)
        let cut = read(bytes, path: path, chunkBytes: 1 + bytes.count % 61)
        require(whole == cut, "chunks change what is read: \(whole), \(cut)")
        require(whole.report.findings.count <= EpisodeReport.findingsMax, "more findings than there is room for")
        guard whole.report.errorCount == 0 else { return }
        for episode in whole.episodes {
            let widths = Set(episode.flatMap { whole.steps[$0] ?? [] }.filter { $0 > 0 })
            require(widths.count <= 1, "observations of several widths without an error")
        }
    }

    private struct Seen: Equatable {
        let report: EpisodeReport
        let episodes: [[Int]]
        let steps: [Int: [Int]]
    }

    private static func read(_ bytes: [UInt8], path: String, chunkBytes: Int) -> Seen {
        var walk = EpisodeWalk(visitor: Widths(), limits: limits, isJudged: bytes.count % 2 == 0)
        do {
            walk.begin(ArchiveMember(path: path, kind: .file, declaredSize: nil))
            for start in stride(from: 0, to: bytes.count, by: chunkBytes) {
                let chunk = Array(bytes[start..<min(start + chunkBytes, bytes.count)])
                try chunk.withUnsafeBytes { try walk.data($0) }
            }
            try walk.end()
        } catch {
            require(false, "\(error)")
        }
        let outlines = walk.finish()
        return Seen(report: walk.report, episodes: outlines.map(\.parts), steps: walk.visitor.widths)
    }
}

/// The widths of the observations, by part.
private struct Widths: EpisodeVisitor {
    private(set) var widths: [Int: [Int]] = [:]

    mutating func describe(_ metadata: JSONReader) {}

    mutating func take(_ step: EpisodeStep, part: Int) { widths[part, default: []].append(step.observation.count) }
}

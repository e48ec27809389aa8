import SignalboxCore
import Testing
import Wire

@testable import Training

@Suite("Going over what was read ends once the run is to stop") struct JobCancellationTests {
    private static let shape = ModelShape(
        batchSize: 2,
        windowSteps: 4,
        windowStrideSteps: 2,
        observationWidth: 3,
        targetWidth: 2
    )

    /// Runs a body in a task that is cancelled already.
    private func cancelled<Output: Sendable>(_ body: @escaping @Sendable () throws -> Output) async throws -> Output {
        try await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try body()
        }.value
    }

    private static func episodes(_ scratch: ScratchFolder = .standard) throws -> [Episode] {
        var reader = EpisodeReader(scratch: scratch)
        for name in ["a", "b"] {
            try reader.add(path: "\(name)/metadata.json", bytes: Array(EpisodeText.metadata(name).utf8))
            for part in 0..<2 {
                let steps = EpisodeText.steps(8, from: 8 * part)
                try reader.add(path: "\(name)/steps/00000\(part).jsonl", bytes: Array(steps.utf8))
            }
        }
        return try reader.finish()
    }

    @Test("of a reader, in memory and in the scratch folder")
    func reader() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        await #expect(throws: CancellationError.self) { try await cancelled { try Self.episodes() } }
        await #expect(throws: CancellationError.self) {
            try await cancelled { try Self.episodes(ScratchFolder(path, valuesHeldMax: 10)) }
        }
    }

    @Test("of a stretch that is copied, between two blocks")
    func store() async throws {
        await #expect(throws: CancellationError.self) {
            try await cancelled {
                var store = NumberStore()
                let stretch = try store.append([1, 2, 3])
                try store.move(stretch, width: 1)
            }
        }
    }

    @Test("of statistics")
    func statistics() async throws {
        await #expect(throws: CancellationError.self) {
            try await cancelled { try Normalisation(rows: [[7, 0], [7, 2]], width: 2) }
        }
    }

    /// Of texts and classes there are no statistics: the digest remains.
    @Test("of a dataset, its digest included", arguments: [true, false])
    func dataset(isText: Bool) async throws {
        let episodes = try Self.episodes()
        let shape = isText ? ScratchDatasetTests.texts : Self.shape
        await #expect(throws: CancellationError.self) {
            try await cancelled { try Dataset(episodes: episodes, shape: shape, seed: 0) }
        }
    }

    @Test("of a command's checkpoint that is unpacked")
    func checkpoint() async throws {
        let work = try TemporaryFolder()
        let folders = try CommandFolders(under: work.path, name: "command")
        let root = CommandCheckpoint.folder(of: 5, in: folders.checkpoints)
        try FileIO.makeFolder(root, permissions: 0o700)
        try FileIO.write([1, 2, 3], to: "\(root)/state")
        let metrics = CommandMetrics(path: folders.metrics)
        let packed = try await CommandCheckpoint.pack(step: 5, folders, metrics, fingerprint: "one")
        let stop = StopSignal()
        let folder = try await packed.unpack(into: folders, stop)
        #expect(try FileIO.read("\(folder)/state", bytesMax: 100) == [1, 2, 3])
        try FileIO.removeFolder(folder)
        stop.request(.terminated)
        await #expect(throws: Interrupted.self) { try await packed.unpack(into: folders, stop) }
        let left = try? FileIO.read("\(folder)/state", bytesMax: 100)
        #expect(left == nil || left == [])
    }
}

import SignalboxCore
import Wire

/// Shows before the first step that a run's checkpoints restore: writes one, reads it back, takes it over and compares.
/// A run that cannot go on from its checkpoint has no business on a machine that may be taken back.
struct Canary: Sendable {
    let store: CheckpointStore

    /// Names the folder and stands for the fingerprint of a command's sample.
    private static let label = "canary"

    /// Whether the state that comes back is the one that was written.
    ///
    /// - Throws: `StoreError` and what the engine throws; both say nothing of the checkpoint.
    func sings(on loop: TrainingLoop) async throws -> Bool {
        let original = try await loop.firstCheckpoint()
        let (state, description) = try original.encoded()
        try await store.save(step: original.step, state: state, description: description)
        let restored: TrainingCheckpoint? = try await store.read(step: original.step) { found in
            try? TrainingCheckpoint(state: found.state, description: found.description)
        }
        try await store.remove(step: original.step)
        guard let restored, restored == original else { return false }
        return try await loop.state(after: restored) == original.state
    }

    /// Files of the checkpoint that stands for a command's, with their bytes.
    private static let sample: [String: [UInt8]] = [
        "state.bin": (0..<1 << 16).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ $0 >> 8) },
        "part/empty": [],
    ]

    /// Whether the files of a checkpoint come back as they were packed. It says nothing of the command: whether that
    /// goes on from its own is its makers' to test.
    ///
    /// - Throws: `StoreError`, `FileIO.Failure` and what packing throws.
    func sings(in folders: CommandFolders, _ stop: StopSignal) async throws -> Bool {
        let own = try CommandFolders(under: folders.root, name: Self.label)
        defer { own.remove() }
        let root = CommandCheckpoint.folder(of: 0, in: own.checkpoints)
        try FileIO.makeFolder(root + "/part", permissions: 0o700)
        for (name, bytes) in Self.sample { try FileIO.write(bytes, to: "\(root)/\(name)") }
        let nothing = CommandMetrics(path: own.metrics)
        let original = try await CommandCheckpoint.pack(step: 0, own, nothing, fingerprint: Self.label)
        let (state, description) = original.encoded()
        try await store.save(step: original.step, state: state, description: description)
        let restored = try await store.read(step: original.step) { CommandCheckpoint($0) }
        try await store.remove(step: original.step)
        guard let folder = try await restored?.unpack(into: own, stop) else { return false }
        let names = try FolderFiles.names(in: folder, countMax: Self.sample.count)
        let files = try names.map { ($0, try FileIO.read("\(folder)/\($0)", bytesMax: 1 << 20)) }
        return Dictionary(files) { first, _ in first } == Self.sample
    }
}

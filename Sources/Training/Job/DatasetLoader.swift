import SignalboxCore
import Wire

/// Reads a job's dataset, every byte verified again on its way: the manifest against the digest that intake recorded,
/// the archive against the manifest.
struct DatasetLoader: Sendable {
    let objects: any ObjectStore
    let spec: JobSpec
    let limits: ArchiveLimits

    /// The manifest and the episodes, of each step what a model takes.
    ///
    /// - Throws: `Refusal`, ``TrainingError``, `StoreError`.
    func load(_ columns: StepColumns) async throws -> (manifest: Manifest, episodes: [Episode]) {
        let (manifest, visitor) = try await read(into: EpisodeVisitor(reader: EpisodeReader(columns: columns)))
        return (manifest, try visitor.reader.finish())
    }

    /// Unpacks all members that the manifest lists into a folder; they may be used once this returns.
    ///
    /// - Throws: `Refusal`, `FileIO.Failure`, `StoreError`.
    func unpack(into folder: String) async throws -> Manifest {
        try await read(into: FolderVisitor(folder: folder)).manifest
    }

    private func read<Visitor: ArchiveVisitor & Sendable>(
        into visitor: Visitor
    ) async throws -> (manifest: Manifest, visitor: Visitor) {
        let dataset = spec.dataset
        let envelope = try await objects.bytes(
            of: dataset.manifest,
            generation: dataset.manifestGeneration,
            bytesMax: Manifest.envelopeBytesMax
        ).bytes
        guard SHA256.digest(of: envelope) == dataset.manifestDigest else {
            throw Refusal(.badSignature, "\(dataset.manifest) is not the manifest that was verified")
        }
        let manifest = try Manifest(statement: DSSEEnvelope(parsing: envelope).payload)
        let content = try await objects.read(
            dataset.archive,
            generation: dataset.archiveGeneration,
            range: nil,
            if: .none
        )
        let read = try await ArchiveVerifier.read(content.body, verifying: manifest, limits: limits, into: visitor)
        return (manifest, read)
    }
}

/// Gathers the members that belong to episodes.
private struct EpisodeVisitor: ArchiveVisitor, Sendable {
    private(set) var reader: EpisodeReader
    private var path: String?
    private var bytes: [UInt8] = []

    init(reader: EpisodeReader) { self.reader = reader }

    mutating func begin(_ member: ArchiveMember) {
        path = EpisodeReader.reads(path: member.path) ? member.path : nil
        bytes = []
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer) throws {
        guard let path else { return }
        guard self.bytes.count + bytes.count <= EpisodeLimits.standard.memberBytesMax else {
            throw TrainingError(.datasetTooLarge, "\(path) is longer than an episode's file may be")
        }
        self.bytes += bytes
    }

    mutating func end() throws {
        guard let path else { return }
        try reader.add(path: path, bytes: bytes)
        bytes = []
    }
}

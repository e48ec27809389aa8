import SignalboxCore
import Wire

/// Reads a job's dataset, every byte verified again on its way: the manifest against the digest that intake recorded,
/// the archive against the manifest.
struct DatasetLoader: Sendable {
    let objects: any ObjectStore
    let spec: JobSpec
    let limits: ArchiveLimits
    /// Ends the reading at the next bytes.
    let stop: StopSignal

    /// The manifest and the episodes, of each step what a model takes.
    ///
    /// - Parameter scratch: where numbers go that are too many for memory.
    /// - Throws: `Refusal`, ``TrainingError``, `StoreError`; `FileIO.Failure` where the scratch folder is full;
    ///   `CancellationError`.
    func load(
        _ columns: StepColumns,
        scratch: ScratchFolder
    ) async throws -> (manifest: Manifest, episodes: [Episode]) {
        let (manifest, reader) = try await read(into: EpisodeReader(columns: columns, scratch: scratch))
        try Task.checkCancellation()
        return (manifest, try reader.finish())
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
        let read = try await ArchiveVerifier.read(
            content.body,
            verifying: manifest,
            limits: limits,
            into: StoppableVisitor(visitor: visitor, stop: stop)
        )
        return (manifest, read.visitor)
    }
}

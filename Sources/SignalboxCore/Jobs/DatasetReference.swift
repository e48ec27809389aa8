public import Wire

/// Verified bytes, pinned to their generations.
public struct DatasetReference: Sendable, Equatable {
    /// The archive.
    public var archive: ObjectName
    /// Its generation.
    public var archiveGeneration: Int64
    /// The manifest's envelope.
    public var manifest: ObjectName
    /// Its generation.
    public var manifestGeneration: Int64
    /// The SHA-256 of the envelope: what was verified at intake is what is trained on.
    public var manifestDigest: Digest

    /// A reference of its parts.
    public init(
        archive: ObjectName,
        archiveGeneration: Int64,
        manifest: ObjectName,
        manifestGeneration: Int64,
        manifestDigest: Digest
    ) {
        self.archive = archive
        self.archiveGeneration = archiveGeneration
        self.manifest = manifest
        self.manifestGeneration = manifestGeneration
        self.manifestDigest = manifestDigest
    }
}

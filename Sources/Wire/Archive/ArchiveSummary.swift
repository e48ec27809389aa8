/// What an archive was, once all of its bytes have passed.
public struct ArchiveSummary: Sendable, Equatable {
    /// Bytes of the whole archive.
    public let size: Int64
    /// The digest of the whole archive.
    public let sha256: Digest
    /// The checksum of the whole archive, as Cloud Storage keeps it.
    public let crc32c: CRC32C
    /// How many members it has, directories included.
    public let memberCount: Int
    /// Uncompressed bytes of all members.
    public let memberBytes: Int64
}

/// What the whole archive must be, from a source that is trusted.
public struct ArchiveExpectation: Sendable, Equatable {
    /// Bytes of the whole archive.
    public let size: Int64
    /// The digest of the whole archive.
    public let sha256: Digest

    /// An expectation of its parts.
    public init(size: Int64, sha256: Digest) {
        self.size = size
        self.sha256 = sha256
    }
}

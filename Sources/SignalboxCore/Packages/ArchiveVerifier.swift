public import Wire

/// Checks an archive against its manifest in one pass and constant memory.
public enum ArchiveVerifier {
    /// Reads the whole archive; returns when every byte of it is the manifest's.
    ///
    /// - Throws: ``Refusal``; what the stream throws.
    public static func verify(
        _ stream: any ByteStream,
        against manifest: Manifest,
        limits: ArchiveLimits = .standard
    ) async throws {
        _ = try await read(stream, verifying: manifest, limits: limits, into: NoMembers())
    }

    /// Judges the episodes of an archive that was verified before: of the same bytes, which are hashed once more.
    ///
    /// - Returns: what was found; errors in it refuse the package.
    /// - Throws: ``Refusal``; what the stream throws.
    public static func judgeEpisodes(
        _ stream: any ByteStream,
        of manifest: Manifest,
        limits: ArchiveLimits = .standard
    ) async throws -> EpisodeReport {
        var walk = try await read(stream, of: manifest, limits: limits, visitor: EpisodeWalk(visitor: NoSteps()))
        _ = walk.finish()
        return walk.report
    }

    /// Reads the whole archive and hands each member on, hashed as it passes: what the visitor gathered may be used
    /// only when this returns.
    ///
    /// - Returns: the visitor after the last member.
    /// - Throws: ``Refusal``; what the stream and the visitor throw.
    public static func read<Visitor: ArchiveVisitor & Sendable>(
        _ stream: any ByteStream,
        verifying manifest: Manifest,
        limits: ArchiveLimits = .standard,
        into visitor: Visitor
    ) async throws -> Visitor {
        let members = CheckedMembers(manifest: manifest, visitor: visitor)
        let checked = try await read(stream, of: manifest, limits: limits, visitor: members)
        try checked.checkNoneMissing()
        return checked.visitor
    }

    private static func read<Visitor: ArchiveVisitor & Sendable>(
        _ stream: any ByteStream,
        of manifest: Manifest,
        limits: ArchiveLimits,
        visitor: Visitor
    ) async throws -> Visitor {
        do {
            let expectation = ArchiveExpectation(size: manifest.archive.size, sha256: manifest.archive.digest)
            return try await ArchiveReader.read(stream, limits: limits, expecting: expectation, visitor: visitor)
                .visitor
        } catch let error as ArchiveError {
            guard let code = RefusalCode(error.code) else {
                throw StoreError(.unavailable, error.message, cause: error)
            }
            throw Refusal(code, error.message)
        }
    }
}

/// A visitor that wants nothing.
private struct NoMembers: ArchiveVisitor, Sendable {
    mutating func begin(_ member: ArchiveMember) {}
    mutating func data(_ bytes: UnsafeRawBufferPointer) {}
    mutating func end() {}
}

/// Compares each member with the manifest on its way to another visitor.
private struct CheckedMembers<Visitor: ArchiveVisitor & Sendable>: ArchiveVisitor, Sendable {
    private var missing: [String: Manifest.Blob]
    private let named: Set<String>
    private(set) var visitor: Visitor
    private let hash = MemberHash()
    private var member: Manifest.Blob?
    private var size: Int64 = 0

    init(manifest: Manifest, visitor: Visitor) {
        missing = Dictionary(manifest.episodes.map { ($0.path, $0) }) { first, _ in first }
        named = Set(missing.keys)
        self.visitor = visitor
    }

    mutating func begin(_ member: ArchiveMember) throws {
        // Folders carry no bytes; tools write them as they please.
        guard member.kind == .file else {
            self.member = nil
            return
        }
        guard let blob = missing.removeValue(forKey: member.path) else {
            let code: RefusalCode = named.contains(member.path) ? .memberDuplicate : .memberExtra
            throw Refusal(code, "\(member.path) is not in the manifest, or is there twice")
        }
        self.member = blob
        size = 0
        try visitor.begin(member)
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer) throws {
        guard let member else { return }
        size += Int64(bytes.count)
        guard size <= member.size else { throw Self.wrongSize(member, found: size) }
        hash.update(bytes)
        try visitor.data(bytes)
    }

    mutating func end() throws {
        guard let member else { return }
        let digest = hash.finish()
        guard size == member.size else { throw Self.wrongSize(member, found: size) }
        guard digest == member.digest else {
            throw Refusal(.memberDigest, "\(member.path) has other bytes than the manifest says")
        }
        try visitor.end()
    }

    func checkNoneMissing() throws(Refusal) {
        guard let path = missing.keys.min() else { return }
        throw Refusal(.memberMissing, "\(path) is not in the archive (\(missing.count) missing)")
    }

    private static func wrongSize(_ member: Manifest.Blob, found: Int64) -> Refusal {
        Refusal(.memberSize, "\(member.path) has \(found) bytes or more, the manifest says \(member.size)")
    }
}

extension RefusalCode {
    /// The refusal that a fault of an archive means; nil where the fault is this machine's.
    init?(_ code: ArchiveError.Code) {
        let refusal: RefusalCode? =
            switch code {
            case .resources, .fileUnreadable, .fileUnwritable: nil
            case .malformed: .archiveMalformed
            case .compressionUnsupported: .compressionUnsupported
            case .pathUnsafe: .memberPathUnsafe
            case .pathLimit: .pathLimit
            case .duplicate: .memberDuplicate
            case .kind: .memberKind
            case .encrypted: .memberEncrypted
            case .directoryMismatch: .directoryMismatch
            case .trailingData: .trailingData
            case .severalEndRecords: .severalEndRecords
            case .membersLimit: .membersLimit
            case .bytesLimit: .bytesLimit
            case .ratioLimit: .ratioLimit
            case .sizeMismatch: .archiveSize
            case .digestMismatch: .archiveDigest
            }
        guard let refusal else { return nil }
        self = refusal
    }
}

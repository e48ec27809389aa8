/// Reads archives once, as they come, in constant memory: zip (stored, deflate), tar, tar.zst.
public enum ArchiveReader {
    /// Walks through an archive to the end of the stream, hashing all of it on the way.
    ///
    /// libarchive and the visitor run on one thread, the archive's own digest on another.
    ///
    /// - Parameters:
    ///   - stream: the archive's bytes; pulled no faster than they are used.
    ///   - limits: how much is read before the archive is refused.
    ///   - expectation: what the whole archive must be. Bytes that differ are refused as
    ///     ``ArchiveError/Code/sizeMismatch`` or ``ArchiveError/Code/digestMismatch`` before anything else is said of
    ///     them; to know that, the stream is read to its end even where its content has been found wrong.
    ///   - visitor: what to call.
    /// - Returns: the visitor as the calls left it, and what the archive was.
    /// - Throws: ``ArchiveError`` for what is wrong with the archive; what the stream and the visitor throw as it is.
    public static func read<V: ArchiveVisitor & Sendable>(
        _ stream: any ByteStream,
        limits: ArchiveLimits = .standard,
        expecting expectation: ArchiveExpectation? = nil,
        visitor: V
    ) async throws -> (visitor: V, summary: ArchiveSummary) {
        let pipe = ChunkPipe()
        async let walking = walk(pipe, limits: limits, readsOn: expectation != nil, visitor: visitor)
        async let hashing = hash(pipe)
        let fed = await feed(stream, into: pipe, limits: limits, expectation: expectation)
        let (outcome, hashed) = (await walking, await hashing)
        try fed.get()
        let whole = try hashed.get()
        if let expectation { try check(whole, against: expectation) }
        let walk = try outcome.get()
        let summary = ArchiveSummary(
            size: whole.size,
            sha256: whole.sha256,
            crc32c: whole.crc32c,
            memberCount: walk.memberCount,
            memberBytes: walk.memberBytes
        )
        return (walk.visitor, summary)
    }

    private struct Whole {
        let size: Int64
        let sha256: Digest
        let crc32c: CRC32C
    }

    /// Pulls the stream into the pipe until it ends or nobody wants more.
    private static func feed(
        _ stream: any ByteStream,
        into pipe: ChunkPipe,
        limits: ArchiveLimits,
        expectation: ArchiveExpectation?
    ) async -> Result<Void, any Error> {
        var size: Int64 = 0
        do {
            while let chunk = try await stream.next() {
                try Task.checkCancellation()
                size += Int64(chunk.count)
                guard size <= limits.archiveBytesMax else {
                    throw ArchiveError(.bytesLimit, "the archive has more than \(limits.archiveBytesMax) bytes")
                }
                if let expectation, size > expectation.size { throw sizeMismatch(expectation) }
                guard await pipe.push(chunk) else { break }
            }
        } catch {
            pipe.abandon()
            return .failure(error)
        }
        pipe.finish()
        return .success(())
    }

    private static func walk<V: ArchiveVisitor & Sendable>(
        _ pipe: ChunkPipe,
        limits: ArchiveLimits,
        readsOn: Bool,
        visitor: V
    ) async -> Result<MemberWalk<V>.Outcome, any Error> {
        do {
            let outcome = try await BlockingThread.run {
                var walk = try MemberWalk(ChunkSource { pipe.pull(.parser) }, limits: limits, visitor: visitor)
                return try walk.run()
            }
            pipe.close(.parser)
            return .success(outcome)
        } catch {
            if readsOn { pipe.close(.parser) } else { pipe.abandon() }
            return .failure(error)
        }
    }

    private static func hash(_ pipe: ChunkPipe) async -> Result<Whole, any Error> {
        do {
            return .success(
                try await BlockingThread.run {
                    var sha256 = SHA256()
                    var crc32c = CRC32C()
                    var size: Int64 = 0
                    while let chunk = pipe.pull(.hasher) {
                        sha256.update(chunk)
                        crc32c.update(chunk)
                        size += Int64(chunk.count)
                    }
                    return Whole(size: size, sha256: sha256.finalize(), crc32c: crc32c)
                }
            )
        } catch {
            pipe.abandon()
            return .failure(error)
        }
    }

    private static func check(_ whole: Whole, against expectation: ArchiveExpectation) throws(ArchiveError) {
        guard whole.size == expectation.size else { throw sizeMismatch(expectation) }
        guard whole.sha256 == expectation.sha256 else {
            throw ArchiveError(
                .digestMismatch,
                "SHA-256 is \(whole.sha256), expected \(expectation.sha256): send the archive again"
            )
        }
    }

    private static func sizeMismatch(_ expectation: ArchiveExpectation) -> ArchiveError {
        ArchiveError(.sizeMismatch, "the archive has not the expected \(expectation.size) bytes: send it again")
    }
}

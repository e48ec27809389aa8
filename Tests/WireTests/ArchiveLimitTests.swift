import Testing
import Wire

@Suite struct ArchiveLimitTests {
    private let zip = ZipBuilder([.init("a"), .init("b"), .init("c")]).build()

    @Test func limitsAreInclusive() async throws {
        let exact = ArchiveLimits(
            archiveBytesMax: Int64(zip.count),
            membersMax: 3,
            memberBytesMax: 7,
            totalBytesMax: 21
        )
        #expect(try await refusal(of: zip, limits: exact) == nil)
        var limits = exact
        limits.membersMax = 2
        #expect(try await refusal(of: zip, limits: limits) == .membersLimit)
        limits = exact
        limits.memberBytesMax = 6
        #expect(try await refusal(of: zip, limits: limits) == .bytesLimit)
        limits = exact
        limits.totalBytesMax = 20
        #expect(try await refusal(of: zip, limits: limits) == .bytesLimit)
        limits = exact
        limits.archiveBytesMax -= 1
        #expect(try await refusal(of: zip, limits: limits) == .bytesLimit)
    }

    @Test func anArchiveThatExpandsTooMuchIsRefused() async throws {
        let folder = try TemporaryFolder()
        let zeros = try folder.file("zeros", Array(repeating: 0, count: 16 << 20))
        let path = folder.path + "/bomb.zip"
        let written = try ArchiveWriter.writeZip(
            [.init(path: "zeros", file: zeros)],
            to: path,
            compression: .deflate
        )
        #expect(written.size < 32 << 10)
        let bomb = try await FileStream(path: path).collect(bytesMax: 1 << 20)
        #expect(try await refusal(of: bomb) == .ratioLimit)
        #expect(try await refusal(of: bomb, limits: ArchiveLimits(ratioMax: 2000)) == nil)
    }

    @Test func aPathHasSoManyPartsAtMost() async throws {
        let deepest = (1...ArchiveLimits.standard.pathPartsMax).map { _ in "a" }.joined(separator: "/")
        #expect(try await refusal(of: ZipBuilder([.init(deepest)]).build()) == nil)
        #expect(try await refusal(of: ZipBuilder([.init(deepest + "/a")]).build()) == .pathLimit)
        let folder = TarBuilder.member(deepest + "/a", type: "5")
        #expect(try await refusal(of: folder + TarBuilder.end) == .pathLimit)
        let flat = ArchiveLimits(pathPartsMax: 1)
        #expect(try await refusal(of: ZipBuilder([.init("a")]).build(), limits: flat) == nil)
        #expect(try await refusal(of: ZipBuilder([.init("a/b")]).build(), limits: flat) == .pathLimit)
        let short = ArchiveLimits(pathBytesMax: 3)
        #expect(try await refusal(of: ZipBuilder([.init("a/b")]).build(), limits: short) == nil)
        #expect(try await refusal(of: ZipBuilder([.init("a/bc")]).build(), limits: short) == .pathLimit)
        #expect(try await refusal(of: TarBuilder.member("a/bc") + TarBuilder.end, limits: short) == .pathLimit)
    }

    @Test func soManyBytesOfNamesAreKeptAtMost() async throws {
        let part = String(repeating: "a", count: 30)
        // Folders need no entry in a manifest, and each part of a path is a name of its own.
        let paths = (0..<4_000).map { index in
            (0..<30).map { "\(part)\(index)-\($0)" }.joined(separator: "/").prefix(
                ArchiveLimits.standard.pathBytesMax - 1
            ) + "/"
        }
        let folders = ZipBuilder(paths.map { ZipBuilder.Entry(String($0), "") }).build()
        #expect(try await refusal(of: folders) == .membersLimit)
        #expect(try await refusal(of: ZipBuilder([.init(String(paths[0]), "")]).build()) == nil)
    }

    @Test func namesAreComparedByTheirBytes() async throws {
        // A slash is one also where text would join it with what stands beside it.
        let mark = "\u{308}"
        let joined = ZipBuilder([.init("a"), .init("a/\(mark)b", flags: 0x800)]).build()
        #expect(try await refusal(of: joined) == .duplicate)
        let prepended = "a\u{600}"
        let folder = TarBuilder.member(prepended + "/", type: "5") + TarBuilder.end
        #expect(try await contents(of: folder).keys.sorted() == [prepended])
    }

    @Test func aDirectoryTooLongIsRefused() async throws {
        var builder = ZipBuilder([.init("a")])
        // Entries that the directory has and the archive has not, without end.
        let entry = ZipBuilder([.init("b")]).build().dropFirst(38).dropLast(22)
        builder.beforeEnd = Array(repeatElement(Array(entry), count: (8 << 20) / entry.count + 1).joined())
        #expect(try await refusal(of: builder.build()) == .bytesLimit)
    }

    @Test func theExpectedDigestIsJudgedFirst() async throws {
        let expectation = ArchiveExpectation(size: Int64(zip.count), sha256: SHA256.digest(of: zip))
        #expect(try await refusal(of: zip, expecting: expectation) == nil)
        for index in zip.indices {
            var flipped = zip
            flipped[index] ^= 1
            #expect(try await refusal(of: flipped, expecting: expectation) == .digestMismatch, "byte \(index)")
        }
        #expect(try await refusal(of: zip + [0], expecting: expectation) == .sizeMismatch)
        #expect(try await refusal(of: Array(zip.dropLast()), expecting: expectation) == .sizeMismatch)
    }

    @Test func aWrongArchiveWithTheExpectedDigestIsStillWrong() async throws {
        let bad = zip + [0]
        let expectation = ArchiveExpectation(size: Int64(bad.count), sha256: SHA256.digest(of: bad))
        #expect(try await refusal(of: bad, expecting: expectation) == .trailingData)
    }

    @Test func theVisitorsErrorComesThrough() async throws {
        var visitor = CollectingVisitor()
        visitor.refusal = TestFailure(text: "not wanted")
        let refusing = visitor
        await #expect(throws: TestFailure(text: "not wanted")) {
            try await ArchiveReader.read(BytesStream(zip), visitor: refusing)
        }
        // The digest is judged before the visitor.
        let other = ArchiveExpectation(size: Int64(zip.count), sha256: SHA256.digest(of: "other"))
        let error = await #expect(throws: ArchiveError.self) {
            try await ArchiveReader.read(BytesStream(zip), expecting: other, visitor: refusing)
        }
        #expect(error?.code == .digestMismatch)
    }

    @Test func theStreamsErrorComesThrough() async throws {
        let stream = BreakingStream([Array(zip.prefix(40))])
        await #expect(throws: TestFailure(text: "connection lost")) {
            try await ArchiveReader.read(stream, visitor: CollectingVisitor())
        }
    }

    @Test func aWrongArchiveEndsAnEndlessStream() async throws {
        let stream = EndlessStream()
        let error = await #expect(throws: ArchiveError.self) {
            try await ArchiveReader.read(stream, visitor: CollectingVisitor())
        }
        #expect(error?.code == .malformed)
    }
}

/// The same chunk for ever.
private struct EndlessStream: ByteStream {
    func next() async throws -> [UInt8]? { Array(repeating: 7, count: 64 << 10) }
}

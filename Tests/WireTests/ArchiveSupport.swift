import Glibc
import Wire

/// Collects what a reader delivers.
struct CollectingVisitor: ArchiveVisitor, Sendable {
    struct Entry: Sendable, Equatable {
        let member: ArchiveMember
        var content: [UInt8] = []
        var isComplete = false
    }

    var entries: [Entry] = []
    /// Throws this when the first member starts.
    var refusal: TestFailure?
    /// What errno is on the walk's thread when the next member is looked for.
    var errnoLeft: Int32?

    mutating func begin(_ member: ArchiveMember) throws {
        if let refusal { throw refusal }
        entries.append(Entry(member: member))
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer) throws { entries[entries.count - 1].content += bytes }

    mutating func end() throws {
        entries[entries.count - 1].isComplete = true
        if let errnoLeft { errno = errnoLeft }
    }

    /// Path and content of each member.
    var contents: [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: entries.map { ($0.member.path, $0.content) })
    }
}

struct TestFailure: Error, Equatable {
    let text: String
}

/// A stream that breaks after some chunks.
actor BreakingStream: ByteStream {
    private var chunks: [[UInt8]]
    init(_ chunks: [[UInt8]]) { self.chunks = chunks }
    func next() throws -> [UInt8]? {
        guard !chunks.isEmpty else { throw TestFailure(text: "connection lost") }
        return chunks.removeFirst()
    }
}

/// The code with which an archive is refused; nil where it is taken.
func refusal(
    of archive: [UInt8],
    limits: ArchiveLimits = .standard,
    expecting: ArchiveExpectation? = nil,
    chunkBytes: Int = 1 << 20,
    visitor: CollectingVisitor = CollectingVisitor()
) async throws -> ArchiveError.Code? {
    do {
        let stream = BytesStream(archive, chunkBytes: chunkBytes)
        _ = try await ArchiveReader.read(stream, limits: limits, expecting: expecting, visitor: visitor)
        return nil
    } catch let error as ArchiveError {
        return error.code
    }
}

/// Members and contents of an archive.
func contents(of archive: [UInt8], chunkBytes: Int = 1 << 20) async throws -> [String: [UInt8]] {
    let stream = BytesStream(archive, chunkBytes: chunkBytes)
    return try await ArchiveReader.read(stream, visitor: CollectingVisitor()).visitor.contents
}

/// Appends numbers, lowest byte first.
func littleEndian(_ values: [(UInt64, Int)]) -> [UInt8] {
    values.flatMap { value, count in (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) } }
}

/// CRC-32 (ISO 3309), as zip has it, bit by bit.
func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc, byte in
        (0..<8).reduce(crc ^ UInt32(byte)) { word, _ in word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1 }
    }
}

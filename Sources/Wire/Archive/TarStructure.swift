/// The members of a tar by the bytes of their headers, beside what libarchive makes of them.
///
/// Readers of tar disagree about extended headers, sparse files, damaged numbers and what may stand between members: a
/// member is accepted only where there is one way to read it.
struct TarStructure {
    /// What the headers of one member say.
    struct Member {
        let name: [UInt8]
        let isDirectory: Bool
        let size: Int64
    }

    private static let utf8 = Array("ISO-IR 10646 2000 UTF-8".utf8)

    private let window: ByteWindow
    private let limits: ArchiveLimits
    /// Where the next header has to stand.
    private var expected: Int64 = 0
    private var paddingBytes = 0

    init(_ window: ByteWindow, limits: ArchiveLimits) {
        self.window = window
        self.limits = limits
    }

    /// Reads the headers that libarchive has just passed.
    mutating func begin(at offset: Int64) throws(ArchiveError) -> Member {
        try close(at: offset)
        var position = offset
        var records: PaxRecords?
        var longName: [UInt8]?
        while true {
            let header = try TarHeader(block(at: position, of: offset))
            position += Int64(TarHeader.blockBytes)
            switch header.kind {
            case .file, .oldFile, .directory:
                let member = try member(header, records, longName)
                expected = position + Self.rounded(member.size)
                paddingBytes = Int(Self.rounded(member.size) - member.size)
                return member
            case .longName:
                guard longName == nil, records?.values["path"] == nil else { throw Self.mismatch("name") }
                longName = try name(in: content(header, at: position, of: offset))
            case .extended:
                guard records == nil else { throw Self.mismatch("extended header") }
                records = try PaxRecords(content(header, at: position, of: offset))
                if longName != nil, records?.values["path"] != nil { throw Self.mismatch("name") }
            case .global:
                let keys = try PaxRecords(content(header, at: position, of: offset)).values.keys
                guard keys.allSatisfy({ $0 == "comment" }) else { throw Self.mismatch("global header") }
            }
            position += Self.rounded(header.size)
        }
    }

    /// The next header, or the end mark, stands at that offset.
    func close(at offset: Int64) throws(ArchiveError) {
        guard offset == expected else { throw Self.mismatch("size") }
        let padding = window.bytes(from: offset - Int64(paddingBytes), count: paddingBytes)
        guard let padding, padding.allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(.trailingData, "bytes that belong to nothing stand behind a member")
        }
    }

    private func member(
        _ header: TarHeader,
        _ records: PaxRecords?,
        _ longName: [UInt8]?
    ) throws(ArchiveError) -> Member {
        let name = records?.values["path"] ?? longName ?? header.name
        let display = String(decoding: name.prefix(limits.pathBytesMax), as: UTF8.self)
        guard name.count <= limits.pathBytesMax else { throw MemberPath.tooLong(limits) }
        for key in records?.values.keys.sorted() ?? [] {
            guard key != "linkpath", !key.hasPrefix("GNU.sparse."), key != "SCHILY.realsize" else {
                throw ArchiveError(.kind, "the extended header makes it a link or a sparse file", member: display)
            }
        }
        guard records?.values["hdrcharset"].map({ $0 == Self.utf8 }) ?? true else {
            throw ArchiveError(.pathUnsafe, "the name is not marked as UTF-8", member: display)
        }
        let size = try records?.number("size") ?? header.size
        // The record is for sizes that the field cannot hold.
        guard size == header.size || size > TarHeader.octalSizeMax else { throw Self.mismatch("size", display) }
        guard size <= limits.memberBytesMax else {
            throw ArchiveError(.bytesLimit, "\(size) bytes are over the limits", member: display)
        }
        let isDirectory = header.kind == .directory
        guard !isDirectory || size == 0 else { throw Self.mismatch("size", display) }
        guard isDirectory || name.last != UInt8(ascii: "/") else {
            throw ArchiveError(.kind, "a file with the name of a directory", member: display)
        }
        return Member(name: name, isDirectory: isDirectory, size: size)
    }

    /// A name of GNU tar's, which ends in NUL.
    private func name(in content: UnsafeRawBufferPointer) throws(ArchiveError) -> [UInt8] {
        let name = Array(content.prefix { $0 != 0 })
        guard name.count <= limits.pathBytesMax else { throw MemberPath.tooLong(limits) }
        guard content.dropFirst(name.count).allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(.pathUnsafe, "a name holds NUL: \(Hex.encode(content.prefix(64)))")
        }
        return name
    }

    private func block(at position: Int64, of offset: Int64) throws(ArchiveError) -> UnsafeRawBufferPointer {
        try bytes(at: position, count: TarHeader.blockBytes, of: offset)
    }

    private func content(
        _ header: TarHeader,
        at position: Int64,
        of offset: Int64
    ) throws(ArchiveError) -> UnsafeRawBufferPointer {
        try bytes(at: position, count: Int(clamping: header.size), of: offset)
    }

    private func bytes(
        at position: Int64,
        count: Int,
        of offset: Int64
    ) throws(ArchiveError) -> UnsafeRawBufferPointer {
        let limit = ArchiveLimits.tarHeadersBytesMax
        guard count < limit, Int(position - offset) + count < limit,
            let bytes = window.bytes(from: position, count: count)
        else { throw ArchiveError(.bytesLimit, "the headers of a member are over \(limit) bytes") }
        guard bytes.count == count else { throw ArchiveError(.malformed, "a header of the tar is cut short") }
        return bytes
    }

    private static func rounded(_ size: Int64) -> Int64 {
        let block = Int64(TarHeader.blockBytes)
        return (size + block - 1) / block * block
    }

    private static func mismatch(_ what: String, _ member: String? = nil) -> ArchiveError {
        ArchiveError(.directoryMismatch, "the headers of the tar can be read in two ways: the \(what)", member: member)
    }
}

import CArchive
import Glibc

/// One walk through an archive on one thread: libarchive unpacks, the rules are checked, the visitor is called.
struct MemberWalk<Visitor: ArchiveVisitor> {
    /// What a walk brings home.
    struct Outcome {
        let visitor: Visitor
        let memberCount: Int
        let memberBytes: Int64
    }

    private let limits: ArchiveLimits
    private let window: ByteWindow
    private let handle: ArchiveHandle
    private let consumed: () -> Int64
    private var visitor: Visitor
    private var names: MemberNames
    private let zip: ZipStructure?
    private var tar: TarStructure?
    private var memberCount = 0
    private var totalBytes: Int64 = 0

    init(_ source: PipeSource, limits: ArchiveLimits, visitor: Visitor) throws {
        self.limits = limits
        self.visitor = visitor
        names = MemberNames(limits: limits)
        let format = try ArchiveFormat.recognise(source.peek(ArchiveLimits.prefixBytesMax))
        let zstd = format == .tarZstd ? try ZstdSource(source, ratioMax: limits.ratioMax) : nil
        let window = ByteWindow(zstd ?? source)
        let handle = try ArchiveHandle(format == .zip ? .zip : .tar) { try window.advance() }
        self.window = window
        self.handle = handle
        zip = format == .zip ? ZipStructure(window, limits: limits) : nil
        tar = format == .zip ? nil : TarStructure(window, limits: limits)
        consumed = { zstd?.consumedBytes ?? archive_filter_bytes(handle.archive, 0) }
    }

    /// Walks to the end of the stream.
    mutating func run() throws -> Outcome {
        while let entry = try handle.nextEntry() {
            memberCount += 1
            guard memberCount <= limits.membersMax else {
                throw ArchiveError(.membersLimit, "more than \(limits.membersMax) members")
            }
            let member = try zip.map { try zipMember(entry, of: $0) } ?? tarMember(entry)
            try visitor.begin(member)
            try deliver(member)
            try visitor.end()
        }
        try finish()
        return Outcome(visitor: visitor, memberCount: memberCount, memberBytes: totalBytes)
    }

    private mutating func zipMember(_ entry: OpaquePointer, of zip: ZipStructure) throws -> ArchiveMember {
        let header = try zip.begin(at: archive_read_header_position(handle.archive))
        let type = archive_entry_filetype(entry)
        guard type == S_IFREG || type == S_IFDIR, header.isDirectory == (type == S_IFDIR) else {
            throw ArchiveError(.kind, "neither a plain file nor a directory", member: header.displayName)
        }
        let kind: ArchiveMember.Kind = header.isDirectory ? .directory : .file
        let path = try names.admit(header.name, kind: kind)
        let size = header.hasDescriptor && header.size == 0 ? nil : Int64(clamping: header.size)
        try checkDeclared(size, path)
        return ArchiveMember(path: path, kind: kind, declaredSize: size)
    }

    private mutating func tarMember(_ entry: OpaquePointer) throws -> ArchiveMember {
        let offset = archive_read_header_position(handle.archive)
        guard let header = try tar?.begin(at: offset) else {
            throw ArchiveError(.malformed, "member \(memberCount) has no header")
        }
        let kind: ArchiveMember.Kind = header.isDirectory ? .directory : .file
        let path = try names.admit(header.name, kind: kind)
        // Where no conversion is possible under the C locale the name's raw bytes are there.
        let text = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)
        let name = text.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        let type: mode_t = header.isDirectory ? S_IFDIR : S_IFREG
        guard name == header.name, archive_entry_filetype(entry) == type, archive_entry_size(entry) == header.size,
            archive_entry_hardlink(entry) == nil, archive_entry_symlink(entry) == nil
        else {
            throw ArchiveError(.directoryMismatch, "the headers can be read in two ways", member: path)
        }
        try checkDeclared(header.size, path)
        return ArchiveMember(path: path, kind: kind, declaredSize: header.size)
    }

    private func checkDeclared(_ size: Int64?, _ path: String) throws(ArchiveError) {
        guard let size, size > limits.memberBytesMax || totalBytes + size > limits.totalBytesMax else { return }
        throw ArchiveError(.bytesLimit, "\(size) bytes are over the limits", member: path)
    }

    private mutating func deliver(_ member: ArchiveMember) throws {
        var delivered: Int64 = 0
        let consumedBefore = consumed()
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: Int64 = 0
            let status = archive_read_data_block(handle.archive, &start, &count, &offset)
            if status == ARCHIVE_EOF { break }
            guard status == ARCHIVE_OK else { throw handle.error(member: member.path) }
            guard count > 0 else { continue }
            guard offset == delivered else { throw ArchiveError(.kind, "a sparse file", member: member.path) }
            guard member.kind == .file else {
                throw ArchiveError(.malformed, "a directory with content", member: member.path)
            }
            delivered += Int64(count)
            totalBytes += Int64(count)
            try checkLimits(delivered, since: consumedBefore, member)
            try visitor.data(UnsafeRawBufferPointer(start: start, count: count))
        }
        guard zip != nil || member.declaredSize == delivered else {
            throw ArchiveError(.kind, "a sparse file", member: member.path)
        }
        zip?.delivered(delivered)
    }

    private func checkLimits(_ delivered: Int64, since before: Int64, _ member: ArchiveMember) throws(ArchiveError) {
        guard delivered <= limits.memberBytesMax, totalBytes <= limits.totalBytesMax else {
            throw ArchiveError(.bytesLimit, "the content is over the limits", member: member.path)
        }
        let floor = ArchiveLimits.ratioFloorBytes
        let position = consumed()
        guard delivered <= floor || delivered / limits.ratioMax <= position - before,
            totalBytes <= floor || totalBytes / limits.ratioMax <= position
        else {
            throw ArchiveError(.ratioLimit, "expands more than \(limits.ratioMax) times", member: member.path)
        }
    }

    /// Reads what stands behind the last member, to the end of the stream.
    private mutating func finish() throws {
        let end = archive_read_header_position(handle.archive)
        guard let rest = window.rest(from: end) else {
            throw ArchiveError(.trailingData, "bytes that belong to nothing stand behind the members")
        }
        if let zip {
            try finish(zip, at: end, rest)
        } else {
            try tar?.close(at: end)
            try finishTar(rest)
        }
    }

    private func finish(_ zip: ZipStructure, at end: Int64, _ rest: UnsafeRawBufferPointer) throws {
        try zip.close(at: end)
        var tail = Array(rest)
        var isComplete = false
        while tail.count <= ArchiveLimits.directoryBytesMax, !isComplete {
            let block = try window.advance()
            tail += block
            isComplete = block.isEmpty
        }
        let directory = try ZipDirectory(tail, at: end, isComplete: isComplete)
        try zip.compare(with: directory.entries)
    }

    /// A tar ends in two blocks of zeros (POSIX.1-2017, pax, "ustar Interchange Format"), and zeros fill its last
    /// record.
    private func finishTar(_ rest: UnsafeRawBufferPointer) throws {
        var block = rest
        var zeros: Int64 = 0
        while !block.isEmpty {
            zeros += Int64(block.count)
            guard block.allSatisfy({ $0 == 0 }), zeros <= ArchiveLimits.tarEndBytesMax else {
                throw ArchiveError(.trailingData, "bytes that belong to nothing stand behind the members")
            }
            block = try window.advance()
        }
        guard zeros >= 1024 else {
            throw ArchiveError(.malformed, "the end of the archive is missing: it is cut short")
        }
    }
}

extension MemberWalk.Outcome: Sendable where Visitor: Sendable {}

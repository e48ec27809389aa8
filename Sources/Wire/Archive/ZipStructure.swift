/// The members of a zip as their local headers told them while they passed, to be compared with the directory at the
/// end.
///
/// libarchive reads the local headers, other readers the directory: an archive is accepted only where both see the same
/// members, in bytes that belong to nothing else.
final class ZipStructure {
    /// One member that has passed.
    struct Passed {
        let header: ZipRecord
        /// The last bytes in front of the next record: the data descriptor, where there is one.
        var tail: [UInt8] = []
        /// The offset behind the member.
        var end: Int64 = 0
        /// Uncompressed bytes that were delivered.
        var delivered: Int64 = 0
    }

    /// The longest data descriptor: signature, checksum, two sizes of 64 bits.
    private static let descriptorBytesMax = 24

    /// MS-DOS attributes of what is no plain file: a volume's label, a directory.
    private static let dosKinds: UInt32 = 0x18

    private var members: [Passed] = []
    private let window: ByteWindow
    private let limits: ArchiveLimits

    init(_ window: ByteWindow, limits: ArchiveLimits) {
        self.window = window
        self.limits = limits
    }

    /// Reads the local header that libarchive has just passed.
    func begin(at offset: Int64) throws(ArchiveError) -> ZipRecord {
        try close(at: offset)
        guard let bytes = window.bytes(from: offset, count: ByteWindow.historyBytes) else {
            throw ArchiveError(.trailingData, "bytes that belong to no member stand at offset \(offset)")
        }
        let header = try ZipRecord.local(bytes, at: offset, limits: limits)
        let name = header.displayName
        guard !header.isEncrypted else { throw ArchiveError(.encrypted, "the member is encrypted", member: name) }
        let isReadable = header.method == ZipRecord.Method.stored || header.method == ZipRecord.Method.deflate
        guard header.flags & ZipRecord.Flag.patched == 0, isReadable else {
            let message = "compression \(header.method) is not supported: use stored or deflate"
            throw ArchiveError(.compressionUnsupported, message, member: name)
        }
        guard header.flags & ZipRecord.Flag.utf8 != 0 || header.name.allSatisfy({ $0 < 0x80 }) else {
            throw ArchiveError(.pathUnsafe, "the name is not marked as UTF-8", member: name)
        }
        members.append(Passed(header: header))
        return header
    }

    /// The member's data has been delivered.
    func delivered(_ bytes: Int64) { members[members.count - 1].delivered = bytes }

    /// The record behind the last member starts at that offset.
    func close(at offset: Int64) throws(ArchiveError) {
        guard let last = members.indices.last else {
            guard offset == 0 else { throw ArchiveError(.trailingData, "bytes stand in front of the first member") }
            return
        }
        members[last].end = offset
        guard members[last].header.hasDescriptor else { return }
        let start = offset - Int64(Self.descriptorBytesMax)
        guard let bytes = window.bytes(from: start, count: Self.descriptorBytesMax) else {
            throw ArchiveError(.malformed, "a data descriptor is missing", member: members[last].header.displayName)
        }
        members[last].tail = Array(bytes)
    }

    /// Compares with the directory's entries.
    func compare(with entries: [ZipRecord]) throws(ArchiveError) {
        guard entries.count == members.count else {
            throw ArchiveError(
                .directoryMismatch,
                "the directory lists \(entries.count) members, \(members.count) are in the archive"
            )
        }
        let sorted = entries.sorted { $0.offset < $1.offset }
        for (member, entry) in zip(members, sorted) { try compare(member, with: entry) }
    }

    private func compare(_ member: Passed, with entry: ZipRecord) throws(ArchiveError) {
        let header = member.header
        let name = header.displayName
        func mismatch(_ what: String) -> ArchiveError {
            ArchiveError(.directoryMismatch, "directory and local header disagree about the \(what)", member: name)
        }
        guard entry.offset == header.offset else { throw mismatch("offset") }
        guard entry.name == header.name else { throw mismatch("name") }
        guard (entry.flags ^ header.flags) & ZipRecord.Flag.meaning == 0 else { throw mismatch("flags") }
        guard !entry.isEncrypted else { throw ArchiveError(.encrypted, "the member is encrypted", member: name) }
        guard entry.method == header.method else { throw mismatch("compression") }
        guard entry.size == UInt64(member.delivered) else { throw mismatch("size") }
        try Self.checkKind(entry)
        // With a data descriptor the header may leave these at zero.
        func agrees(_ local: UInt64, _ central: UInt64) -> Bool {
            local == central || (header.hasDescriptor && local == 0)
        }
        guard agrees(header.size, entry.size) else { throw mismatch("size") }
        guard agrees(header.compressedSize, entry.compressedSize) else { throw mismatch("compressed size") }
        guard agrees(UInt64(header.crc), UInt64(entry.crc)) else { throw mismatch("checksum") }
        let span = UInt64(member.end) - header.offset
        let (dataEnd, overflow) = entry.compressedSize.addingReportingOverflow(UInt64(header.recordBytes))
        guard !overflow, dataEnd <= span else { throw mismatch("compressed size") }
        let rest = Int(span - dataEnd)
        if header.hasDescriptor {
            let is64 = header.hasZip64
            if Self.isDescriptor(member.tail.suffix(rest), bytes: rest, of: entry, is64: is64) { return }
        }
        guard !header.hasDescriptor else { throw mismatch("data descriptor") }
        guard rest == 0 else {
            throw ArchiveError(.trailingData, "\(rest) bytes behind the member belong to nothing", member: name)
        }
    }

    /// With or without signature, with sizes of 64 bits where the local header has field 0x0001, else of 32: 12, 16, 20
    /// or 24 bytes.
    private static func isDescriptor(
        _ tail: ArraySlice<UInt8>,
        bytes: Int,
        of entry: ZipRecord,
        is64: Bool
    ) -> Bool {
        let (plain, marked) = is64 ? (20, 24) : (12, 16)
        guard bytes == plain || bytes == marked, tail.count == bytes else { return false }
        // Without a signature, a checksum that looks like one is read in two ways.
        guard bytes == marked || entry.crc != ZipRecord.Signature.descriptor else { return false }
        var expected: [UInt8] = []
        func append(_ value: UInt64, _ count: Int) {
            for shift in 0..<count { expected.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
        }
        if bytes == marked { append(UInt64(ZipRecord.Signature.descriptor), 4) }
        append(UInt64(entry.crc), 4)
        append(entry.compressedSize, is64 ? 8 : 4)
        append(entry.size, is64 ? 8 : 4)
        return tail.elementsEqual(expected)
    }

    /// Only the directory says that a member is a link or a device: in its upper attributes, the mode of Unix, which
    /// some readers heed whatever system the entry is said to come from.
    private static func checkKind(_ entry: ZipRecord) throws(ArchiveError) {
        let type = entry.attributes >> 16 & 0o170000
        let allowed: [UInt32] = entry.isDirectory ? [0, 0o040000] : [0, 0o100000]
        guard allowed.contains(type), entry.isDirectory || entry.attributes & Self.dosKinds == 0 else {
            throw ArchiveError(
                .kind,
                "the directory makes it a link, a device or another kind",
                member: entry.displayName
            )
        }
    }
}

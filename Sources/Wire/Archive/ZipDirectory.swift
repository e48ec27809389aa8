/// The central directory and the end records of a zip (APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16): one directory
/// right behind the last member, one end record at the very end, no comment.
struct ZipDirectory {
    private static let entryCountSaturated = 0xFFFF
    private static let saturated: UInt64 = 0xFFFF_FFFF

    /// The directory's entries, in its order.
    private(set) var entries: [ZipRecord] = []
    private let start: Int64
    private var directoryBytes = 0
    private var hasEnd64 = false
    private var reader: LittleEndianReader
    private let isComplete: Bool

    /// Reads what follows the last member.
    ///
    /// - Parameters:
    ///   - tail: the bytes behind the last member; cut at the limit where `isComplete` is false.
    ///   - start: the offset of the tail in the archive.
    init(_ tail: [UInt8], at start: Int64, isComplete: Bool) throws(ArchiveError) {
        reader = LittleEndianReader(tail)
        self.start = start
        self.isComplete = isComplete
        while reader.signature() == ZipRecord.Signature.entry {
            do { entries.append(try ZipRecord.entry(&reader)) } catch { throw cut(error) }
        }
        directoryBytes = reader.position
        if reader.signature() == ZipRecord.Signature.archiveExtra {
            throw ArchiveError(.encrypted, "the central directory is encrypted")
        }
        if reader.signature() == ZipRecord.Signature.end64 { try readEnd64() }
        do { try readEnd() } catch { throw cut(error) }
        guard reader.count > 0 || !isComplete else { return }
        try refuseTrailing(tail)
    }

    /// Where the tail was cut, a record cut short means that the directory is too long.
    private func cut(_ error: ArchiveError) -> ArchiveError {
        guard !isComplete, reader.count < ArchiveLimits.headerBytesMax else { return error }
        let message = "more than \(ArchiveLimits.directoryBytesMax) bytes of directory"
        return ArchiveError(.bytesLimit, message)
    }

    private mutating func readEnd64() throws(ArchiveError) {
        let offset = UInt64(start) + UInt64(reader.position)
        _ = try reader.u32()
        let size = try reader.u64()
        _ = try reader.u32()
        let disks = (try reader.u32(), try reader.u32())
        let counts = (try reader.u64(), try reader.u64())
        let directory = (size: try reader.u64(), offset: try reader.u64())
        guard size == 44, disks == (0, 0), counts == (UInt64(entries.count), UInt64(entries.count)),
            directory == (UInt64(directoryBytes), UInt64(start)), reader.signature() == ZipRecord.Signature.locator64
        else { throw Self.mismatch }
        _ = try reader.u32()
        guard try reader.u32() == 0, try reader.u64() == offset, try reader.u32() <= 1 else { throw Self.mismatch }
        hasEnd64 = true
    }

    private mutating func readEnd() throws(ArchiveError) {
        guard let signature = reader.signature() else {
            throw ArchiveError(.malformed, "the end record is missing: the archive is cut short")
        }
        guard signature != ZipRecord.Signature.locator64 else { throw Self.mismatch }
        guard signature == ZipRecord.Signature.end else {
            throw ArchiveError(.trailingData, "bytes that belong to nothing stand behind the members")
        }
        _ = try reader.u32()
        let disks = (try reader.u16(), try reader.u16())
        let counts = (Int(try reader.u16()), Int(try reader.u16()))
        let size = UInt64(try reader.u32())
        let offset = UInt64(try reader.u32())
        let commentBytes = try reader.u16()
        if commentBytes > 0, ZipRecord.holdsEnd(reader.rest) {
            throw ArchiveError(.severalEndRecords, "another end record stands in the archive's comment")
        }
        guard disks == (0, 0), isEntryCount(counts.0), isEntryCount(counts.1),
            agrees(size, UInt64(directoryBytes)), agrees(offset, UInt64(start))
        else { throw Self.mismatch }
        guard commentBytes == 0 else {
            throw ArchiveError(.trailingData, "the archive has a comment of \(commentBytes) bytes: pack it without one")
        }
    }

    private func isEntryCount(_ count: Int) -> Bool {
        count == entries.count || (hasEnd64 && count == Self.entryCountSaturated)
    }

    private func agrees(_ field: UInt64, _ value: UInt64) -> Bool {
        field == value || (hasEnd64 && field == Self.saturated)
    }

    private func refuseTrailing(_ tail: [UInt8]) throws(ArchiveError) {
        let rest = tail[reader.position...]
        if ZipRecord.holdsEnd(rest) {
            throw ArchiveError(.severalEndRecords, "another end record stands behind the first")
        }
        throw ArchiveError(.trailingData, "bytes stand behind the end record")
    }

    private static var mismatch: ArchiveError {
        ArchiveError(.directoryMismatch, "the end record does not describe the directory in front of it")
    }
}

/// What a local header and a directory entry both say of a member (APPNOTE.TXT 6.3.10, sections 4.3.7 and 4.3.12).
struct ZipRecord {
    /// The signatures of the records.
    enum Signature {
        static let local: UInt32 = 0x0403_4B50
        static let entry: UInt32 = 0x0201_4B50
        static let end: UInt32 = 0x0605_4B50
        static let end64: UInt32 = 0x0606_4B50
        static let locator64: UInt32 = 0x0706_4B50
        static let descriptor: UInt32 = 0x0807_4B50
        /// In front of an encrypted central directory.
        static let archiveExtra: UInt32 = 0x0806_4B50

        /// The records that a reader looks for to find the directory.
        static let ends = [end, end64, locator64]
    }

    /// The compression methods that matter here (APPNOTE.TXT 6.3.10, section 4.4.5).
    enum Method {
        static let stored: UInt16 = 0
        static let deflate: UInt16 = 8
        /// What a member encrypted with AES has instead of its own.
        static let aes: UInt16 = 99
    }

    /// Bits of the general purpose flag that must agree between header and directory.
    enum Flag {
        static let encrypted: UInt16 = 1 << 0
        static let descriptor: UInt16 = 1 << 3
        static let patched: UInt16 = 1 << 5
        static let strongEncryption: UInt16 = 1 << 6
        static let utf8: UInt16 = 1 << 11
        static let masked: UInt16 = 1 << 13
        static let meaning = encrypted | descriptor | patched | strongEncryption | utf8 | masked
    }

    private static let saturated: UInt64 = 0xFFFF_FFFF

    var flags: UInt16 = 0
    var method: UInt16 = 0
    var crc: UInt32 = 0
    var compressedSize: UInt64 = 0
    var size: UInt64 = 0
    var name: [UInt8] = []
    /// The offset of the local header.
    var offset: UInt64 = 0
    /// Bytes of the record itself.
    var recordBytes = 0
    /// The attributes that the system gave which made it (directory entries only).
    var attributes: UInt32 = 0
    /// Whether field 0x0001 is there: then the sizes of a data descriptor have 64 bits.
    var hasZip64 = false
    private var hasEncryptionField = false

    /// Whether checksum and sizes follow the data.
    var hasDescriptor: Bool { flags & Flag.descriptor != 0 }
    var isEncrypted: Bool {
        flags & (Flag.encrypted | Flag.strongEncryption | Flag.masked) != 0 || method == Method.aes
            || hasEncryptionField
    }
    var isDirectory: Bool { name.last == UInt8(ascii: "/") }
    var displayName: String { String(decoding: name, as: UTF8.self) }

    /// Reads a local header at that offset.
    static func local(
        _ bytes: UnsafeRawBufferPointer,
        at offset: Int64,
        limits: ArchiveLimits
    ) throws(ArchiveError) -> ZipRecord {
        var reader = LittleEndianReader(Array(bytes))
        guard try reader.u32() == Signature.local else {
            throw ArchiveError(.trailingData, "bytes that belong to no member stand at offset \(offset)")
        }
        var record = ZipRecord(offset: UInt64(offset))
        _ = try reader.u16()
        try record.readCommon(&reader)
        let nameBytes = Int(try reader.u16())
        let extraBytes = Int(try reader.u16())
        guard nameBytes <= limits.pathBytesMax else { throw MemberPath.tooLong(limits) }
        record.name = Array(try reader.take(nameBytes))
        try record.readExtra(try reader.take(extraBytes), withOffset: false)
        record.recordBytes = reader.position
        guard record.recordBytes <= ArchiveLimits.headerBytesMax else {
            let message = "a header of more than \(ArchiveLimits.headerBytesMax) bytes"
            throw ArchiveError(.bytesLimit, message, member: record.displayName)
        }
        return record
    }

    /// Reads a directory entry.
    static func entry(_ reader: inout LittleEndianReader) throws(ArchiveError) -> ZipRecord {
        var record = ZipRecord()
        let start = reader.position
        _ = try reader.u32()
        _ = try reader.u32()
        try record.readCommon(&reader)
        let nameBytes = Int(try reader.u16())
        let extraBytes = Int(try reader.u16())
        let commentBytes = Int(try reader.u16())
        guard try reader.u16() == 0 else { throw ArchiveError(.malformed, "the zip is one of several volumes") }
        _ = try reader.u16()
        record.attributes = try reader.u32()
        record.offset = UInt64(try reader.u32())
        record.name = Array(try reader.take(nameBytes))
        let extra = try reader.take(extraBytes)
        let comment = try reader.take(commentBytes)
        guard !holdsEnd(extra), !holdsEnd(comment) else {
            let message = "an end record stands inside the directory"
            throw ArchiveError(.severalEndRecords, message, member: record.displayName)
        }
        try record.readExtra(extra, withOffset: true)
        record.recordBytes = reader.position - start
        return record
    }

    /// Whether bytes hold what a reader may take for an end record.
    static func holdsEnd(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.indices.contains { index in
            LittleEndianReader(bytes[index...]).signature().map(Signature.ends.contains) ?? false
        }
    }

    private mutating func readCommon(_ reader: inout LittleEndianReader) throws(ArchiveError) {
        flags = try reader.u16()
        method = try reader.u16()
        _ = try reader.u32()
        crc = try reader.u32()
        compressedSize = UInt64(try reader.u32())
        size = UInt64(try reader.u32())
    }

    /// Takes the numbers of 64 bits, and refuses what extra fields say otherwise than the record.
    private mutating func readExtra(_ bytes: ArraySlice<UInt8>, withOffset: Bool) throws(ArchiveError) {
        let extra = try ZipExtra(bytes, of: displayName)
        hasEncryptionField = extra.isEncrypted
        try extra.check(name: name)
        hasZip64 = extra.zip64 != nil
        let numbers: [WritableKeyPath<ZipRecord, UInt64>] =
            withOffset ? [\.size, \.compressedSize, \.offset] : [\.size, \.compressedSize]
        let saturated = numbers.filter { self[keyPath: $0] == Self.saturated }
        guard let field = extra.zip64 else {
            guard saturated.isEmpty else { throw zip64Mismatch }
            return
        }
        var reader = LittleEndianReader(field)
        if field.count == 8 * saturated.count {
            for number in saturated { self[keyPath: number] = try reader.u64() }
            return
        }
        // Some packers write all numbers, whether the record has room for them or not: then they must agree.
        for number in numbers {
            guard reader.count >= 8 else { break }
            let value = try reader.u64()
            guard saturated.contains(number) || self[keyPath: number] == value else { throw zip64Mismatch }
            self[keyPath: number] = value
        }
        let isWhole = numbers.allSatisfy { self[keyPath: $0] != Self.saturated }
        // What may follow is the number of the disk, in the directory alone.
        let isOnFirstDisk = reader.count == 0 || (withOffset && reader.count == 4 && reader.rest.allSatisfy { $0 == 0 })
        guard isWhole, field.count >= 16, isOnFirstDisk else {
            throw zip64Mismatch
        }
    }

    private var zip64Mismatch: ArchiveError {
        ArchiveError(.directoryMismatch, "the numbers of 64 bits do not fit the record", member: displayName)
    }
}

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
    /// What kind of system made it, and the attributes it gave (directory entries only).
    var host: UInt16 = 0
    var attributes: UInt32 = 0

    /// Whether checksum and sizes follow the data.
    var hasDescriptor: Bool { flags & Flag.descriptor != 0 }
    var isEncrypted: Bool { flags & (Flag.encrypted | Flag.strongEncryption | Flag.masked) != 0 }
    var isDirectory: Bool { name.last == UInt8(ascii: "/") }
    var displayName: String { String(decoding: name, as: UTF8.self) }

    /// Reads a local header at that offset.
    static func local(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(ArchiveError) -> ZipRecord {
        var reader = LittleEndianReader(Array(bytes))
        guard try reader.u32() == Signature.local else {
            throw ArchiveError(.trailingData, "bytes that belong to no member stand at offset \(offset)")
        }
        var record = ZipRecord(offset: UInt64(offset))
        _ = try reader.u16()
        try record.readCommon(&reader)
        let nameBytes = Int(try reader.u16())
        let extraBytes = Int(try reader.u16())
        record.name = Array(try reader.take(nameBytes))
        try record.readExtra(try reader.take(extraBytes), withOffset: false)
        record.recordBytes = reader.position
        return record
    }

    /// Reads a directory entry.
    static func entry(_ reader: inout LittleEndianReader) throws(ArchiveError) -> ZipRecord {
        var record = ZipRecord()
        let start = reader.position
        _ = try reader.u32()
        record.host = try reader.u16() >> 8
        _ = try reader.u16()
        try record.readCommon(&reader)
        let nameBytes = Int(try reader.u16())
        let extraBytes = Int(try reader.u16())
        let commentBytes = Int(try reader.u16())
        guard try reader.u16() == 0 else { throw ArchiveError(.malformed, "the zip is one of several volumes") }
        _ = try reader.u16()
        record.attributes = try reader.u32()
        record.offset = UInt64(try reader.u32())
        record.name = Array(try reader.take(nameBytes))
        try record.readExtra(try reader.take(extraBytes), withOffset: true)
        _ = try reader.take(commentBytes)
        record.recordBytes = reader.position - start
        return record
    }

    private mutating func readCommon(_ reader: inout LittleEndianReader) throws(ArchiveError) {
        flags = try reader.u16()
        method = try reader.u16()
        _ = try reader.u32()
        crc = try reader.u32()
        compressedSize = UInt64(try reader.u32())
        size = UInt64(try reader.u32())
    }

    /// Takes sizes of 64 bits from field 0x0001; field 0x7075 may not give the member another name.
    private mutating func readExtra(_ bytes: ArraySlice<UInt8>, withOffset: Bool) throws(ArchiveError) {
        var reader = LittleEndianReader(bytes)
        var seen = Set<UInt16>()
        while reader.count > 0 {
            let id = try reader.u16()
            let field = try reader.take(Int(try reader.u16()))
            guard seen.insert(id).inserted else {
                throw ArchiveError(.malformed, "an extra field stands twice", member: displayName)
            }
            if id == 0x0001 {
                var numbers = LittleEndianReader(field)
                if size == Self.saturated { size = try numbers.u64() }
                if compressedSize == Self.saturated { compressedSize = try numbers.u64() }
                if withOffset, offset == Self.saturated { offset = try numbers.u64() }
            } else if id == 0x7075, !field.dropFirst(5).elementsEqual(name) {
                throw ArchiveError(.directoryMismatch, "the member has two names", member: displayName)
            }
        }
    }
}

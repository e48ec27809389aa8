/// The extra fields of a zip record (APPNOTE.TXT 6.3.10, section 4.5, and Info-ZIP's extrafld.txt), as far as they say
/// what a member is.
struct ZipExtra {
    private enum ID {
        static let zip64: UInt16 = 0x0001
        static let pkwareUnix: UInt16 = 0x000D
        static let strongEncryption: UInt16 = 0x0017
        static let unicodePath: UInt16 = 0x7075
        static let asiUnix: UInt16 = 0x756E
        /// What a streamed archive says early of its directory, under the two numbers that libarchive has given it.
        static let early: [UInt16] = [0x6C65, 0x6C78]
        static let aes: UInt16 = 0x9901
    }

    /// Times, owner and group: what follows them is a link's target or a device's number.
    private static let pkwareUnixPlainBytes = 12
    /// Checksum, mode, device, owner and group: what follows them is a link's target.
    private static let asiUnixPlainBytes = 14

    private var fields: [UInt16: ArraySlice<UInt8>] = [:]
    private let member: String

    /// Reads all fields, each of which may be there once.
    init(_ bytes: ArraySlice<UInt8>, of member: String) throws(ArchiveError) {
        self.member = member
        var reader = LittleEndianReader(bytes)
        while reader.count > 0 {
            let id = try reader.u16()
            let field = try reader.take(Int(try reader.u16()))
            guard fields.updateValue(field, forKey: id) == nil else {
                throw ArchiveError(.malformed, "an extra field stands twice", member: member)
            }
        }
    }

    /// The numbers of 64 bits.
    var zip64: ArraySlice<UInt8>? { fields[ID.zip64] }

    /// Whether a field tells of encryption.
    var isEncrypted: Bool { fields[ID.aes] != nil || fields[ID.strongEncryption] != nil }

    /// Refuses a second name and all that would make the member a link or a device.
    func check(name: [UInt8]) throws(ArchiveError) {
        if let field = fields[ID.unicodePath], !field.dropFirst(5).elementsEqual(name) {
            throw ArchiveError(.directoryMismatch, "the member has two names", member: member)
        }
        if let field = fields[ID.pkwareUnix], field.count > Self.pkwareUnixPlainBytes { throw link }
        for id in ID.early { if let field = fields[id] { try checkEarly(field) } }
        guard let field = fields[ID.asiUnix] else { return }
        var reader = LittleEndianReader(field)
        _ = try reader.u32()
        let type = try reader.u16() & 0o170000
        guard Self.isPlain(UInt32(type)), field.count <= Self.asiUnixPlainBytes else { throw link }
    }

    /// A bitmap of what follows: the system and version (1), internal (2) and external attributes (4).
    private func checkEarly(_ field: ArraySlice<UInt8>) throws(ArchiveError) {
        var reader = LittleEndianReader(field)
        let bitmap = try reader.number(1)
        var last = bitmap
        while last & 0x80 != 0 { last = try reader.number(1) }
        if bitmap & 1 != 0 { _ = try reader.u16() }
        if bitmap & 2 != 0 { _ = try reader.u16() }
        guard bitmap & 4 != 0 else { return }
        guard Self.isPlain(try reader.u32() >> 16 & 0o170000) else { throw link }
    }

    private static func isPlain(_ type: UInt32) -> Bool { [0, 0o040000, 0o100000].contains(type) }

    private var link: ArchiveError {
        ArchiveError(.kind, "an extra field makes it a link or a device", member: member)
    }
}

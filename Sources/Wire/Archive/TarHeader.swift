/// One header block of a tar (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format"),
/// read as strictly as the strictest reader does.
struct TarHeader {
    /// What a member may be, and the headers that say more of the one behind them.
    enum Kind: UInt8 {
        /// A file: `0`.
        case file = 0x30
        /// A file, as older packers mark it: NUL.
        case oldFile = 0
        /// A directory: `5`.
        case directory = 0x35
        /// Records of pax for the next member: `x`.
        case extended = 0x78
        /// Records of pax for all members behind it: `g`.
        case global = 0x67
        /// The next member's name, as GNU tar writes a long one: `L`.
        case longName = 0x4C
    }

    static let blockBytes = 512

    let kind: Kind
    let size: Int64
    /// Prefix and name.
    let name: [UInt8]

    /// The largest size that eleven octal digits hold.
    static let octalSizeMax: Int64 = 0o77_777_777_777

    /// Reads a block that libarchive has found to be a header.
    init(_ block: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard block.count == Self.blockBytes, block[257..<262].elementsEqual("ustar".utf8) else {
            throw ArchiveError(.malformed, "a header of the tar is not in the ustar form")
        }
        let name = try Self.text(block[0..<100])
        // GNU tar's magic is "ustar  ": what follows is no prefix there.
        let prefix = block[262] == 0 ? try Self.text(block[345..<500]) : []
        self.name = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
        let display = String(decoding: self.name, as: UTF8.self)
        guard let kind = Kind(rawValue: block[156]) else {
            throw ArchiveError(.kind, "a link, a device or another kind of member", member: display)
        }
        guard block[157..<257].allSatisfy({ $0 == 0 }) || (kind != .file && kind != .oldFile && kind != .directory)
        else { throw ArchiveError(.kind, "the member has the target of a link", member: display) }
        self.kind = kind
        size = try Self.number(block[124..<136])
    }

    private typealias Field = Slice<UnsafeRawBufferPointer>

    /// Text that ends at the field's end or in zeros.
    private static func text(_ field: Field) throws(ArchiveError) -> [UInt8] {
        let text = Array(field.prefix { $0 != 0 })
        guard field.dropFirst(text.count).allSatisfy({ $0 == 0 }) else {
            throw ArchiveError(.pathUnsafe, "a name holds NUL: \(Hex.encode(field.prefix(64)))")
        }
        return text
    }

    /// Octal digits that end in NUL or a space, or GNU's base-256.
    private static func number(_ field: Field) throws(ArchiveError) -> Int64 {
        let damaged = ArchiveError(.malformed, "a size in the tar is no number")
        if field.first == 0x80 {
            guard field.dropFirst().prefix(4).allSatisfy({ $0 & 0x80 == 0 }) else { throw damaged }
            var number: Int64 = 0
            for byte in field.dropFirst() {
                guard number <= Int64.max >> 8 else { throw damaged }
                number = number << 8 | Int64(byte)
            }
            return number
        }
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { (0x30...0x37).contains($0) }
        let rest = field[digits.endIndex...]
        guard rest.allSatisfy({ $0 == 0 || $0 == UInt8(ascii: " ") }) else { throw damaged }
        return digits.reduce(0) { $0 << 3 | Int64($1 - 0x30) }
    }
}

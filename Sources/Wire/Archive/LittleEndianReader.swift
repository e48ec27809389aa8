/// Numbers of a zip record, lowest byte first; reading beyond the end is an error, not a crash.
struct LittleEndianReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// Bytes left.
    var count: Int { bytes.endIndex - position }

    mutating func take(_ count: Int) throws(ArchiveError) -> ArraySlice<UInt8> {
        guard count <= self.count else { throw ArchiveError(.malformed, "a zip record is cut short") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func number(_ bytes: Int) throws(ArchiveError) -> UInt64 {
        try take(bytes).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func u16() throws(ArchiveError) -> UInt16 { UInt16(truncatingIfNeeded: try number(2)) }

    mutating func u32() throws(ArchiveError) -> UInt32 { UInt32(truncatingIfNeeded: try number(4)) }

    mutating func u64() throws(ArchiveError) -> UInt64 { try number(8) }

    /// What is left.
    var rest: ArraySlice<UInt8> { bytes[position...] }

    /// The signature of the next record, which stays to be read; nil where less than four bytes are left.
    func signature() -> UInt32? {
        guard count >= 4 else { return nil }
        return bytes[position..<position + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

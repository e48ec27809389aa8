import CChecksum

/// CRC32C (Castagnoli; RFC 3720, appendix B.4), the checksum of Cloud Storage and TFRecord.
public struct CRC32C: Sendable, Hashable {
    /// The checksum of all bytes so far.
    public private(set) var value: UInt32

    /// Nothing added yet, or going on from an earlier value.
    public init(_ value: UInt32 = 0) { self.value = value }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        value = signalbox_crc32c(value, bytes.baseAddress, bytes.count)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The checksum of bytes at hand.
    public static func checksum(of bytes: [UInt8]) -> CRC32C {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum
    }

    /// As Cloud Storage writes it: base64 of the four bytes, most significant first.
    public var base64: String {
        Base64.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
    }

    /// Reads Cloud Storage's form; nil where it is not base64 of four bytes.
    public init?(base64: String) {
        guard let bytes = Base64.decode(base64), bytes.count == 4 else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt32($1) })
    }
}

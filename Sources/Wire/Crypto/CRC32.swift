import CArchive

/// The checksum of zip, gzip and PNG (RFC 1952, section 8), by zlib. Not to be taken for ``CRC32C``.
public enum CRC32 {
    /// The checksum of bytes that follow those of another checksum; 0: of these alone.
    public static func checksum(of bytes: [UInt8], after checksum: UInt32 = 0) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32(UInt(checksum), bytes, UInt32(bytes.count)))
    }
}

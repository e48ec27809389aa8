/// What an archive is, by its first bytes.
enum ArchiveFormat {
    case zip
    case tar
    case tarZstd

    /// How many bytes tell: a tar has its magic at 257.
    static let prefixBytes = 512

    /// The format, or that there is none.
    static func recognise(_ prefix: [UInt8]) throws(ArchiveError) -> ArchiveFormat {
        if prefix.starts(with: [0x50, 0x4B, 0x03, 0x04]) || prefix.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
            return .zip
        }
        if prefix.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .tarZstd }
        if prefix.count >= 262, prefix[257..<262].elementsEqual("ustar".utf8) { return .tar }
        throw ArchiveError(.malformed, "neither a zip nor a tar nor a tar.zst")
    }
}

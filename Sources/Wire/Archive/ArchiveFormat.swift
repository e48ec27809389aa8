/// What an archive is, by its first bytes.
enum ArchiveFormat {
    case zip
    case tar
    case tarZstd

    private static let zipMember: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
    private static let zipEnd: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
    /// APPNOTE.TXT 6.3.10, sections 8.5.3 and 8.5.4: the marks of a zip that is, or might have been, split.
    private static let splitMarks: [[UInt8]] = [[0x50, 0x4B, 0x07, 0x08], [0x50, 0x4B, 0x30, 0x30]]
    private static let zstdFrame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    /// The format, or that there is none.
    ///
    /// - Parameter prefix: the first ``ArchiveLimits/prefixBytesMax`` bytes: a tar has its magic at 257, and a zip that
    ///   something was put in front of is told from bytes that are no archive.
    static func recognise(_ prefix: [UInt8]) throws(ArchiveError) -> ArchiveFormat {
        if prefix.starts(with: zipMember) || prefix.starts(with: zipEnd) { return .zip }
        if prefix.starts(with: zstdFrame) { return .tarZstd }
        if prefix.count >= 262, prefix[257..<262].elementsEqual("ustar".utf8) { return .tar }
        if splitMarks.contains(where: { prefix.starts(with: $0) }) {
            throw ArchiveError(.malformed, "the zip is one of several volumes, or was one: pack it anew")
        }
        // RFC 8878, section 3.1.2: sixteen numbers.
        if prefix.count >= 4, prefix[0] & 0xF0 == 0x50, prefix[1...3].elementsEqual([0x2A, 0x4D, 0x18]) {
            throw ArchiveError(.trailingData, "a skippable zstd frame holds bytes that belong to nothing")
        }
        let starts = prefix.indices.dropLast(zipMember.count - 1)
        if starts.contains(where: { prefix[$0...].starts(with: zipMember) }) {
            throw ArchiveError(.trailingData, "bytes stand in front of the zip's first member")
        }
        throw ArchiveError(.malformed, "neither a zip nor a tar nor a tar.zst")
    }
}

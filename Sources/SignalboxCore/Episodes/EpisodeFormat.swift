import Wire

/// How a file holds episodes, told by its first ``prefixBytes`` and never by its name.
enum EpisodeFormat: Sendable {
    /// A gzip stream around one of the others.
    case gzip
    /// TFRecord.
    case records
    /// One JSON object, or one a line.
    case text
    /// Something else.
    case unknown

    /// Bytes that are enough to tell, where the file has as many.
    static let prefixBytes = 64

    init(_ start: [UInt8]) {
        // However many came at once: the same file is the same format wherever its reader cuts it.
        let prefix = Array(start.prefix(Self.prefixBytes))
        if prefix.starts(with: Inflater.magic) {
            self = .gzip
        } else if TFRecordFrames.isHeader(prefix) || Self.holdsExample(prefix) {
            self = .records
        } else if prefix.first(where: { !Self.blanks.contains($0) }) == UInt8(ascii: "{") {
            self = .text
        } else {
            self = .unknown
        }
    }

    /// Whether an Example with features stands behind a length: a damaged length is not to make a file unknown.
    private static func holdsExample(_ prefix: [UInt8]) -> Bool {
        // No record is so long that its length has no zeros, and no text has any.
        guard prefix.prefix(8).count(where: { $0 == 0 }) >= 4 else { return false }
        let tag: UInt8 = 1 << 3 | 2
        var rest = prefix.dropFirst(TFRecordFrames.headerBytes)
        guard rest.popFirst() == tag else { return false }
        while let byte = rest.popFirst(), byte >= 0x80 {}
        return rest.first == tag
    }

    private static let blanks = Array(" \t\r\n".utf8)
}

import Wire

/// Ids by which an API knows that two orders are one (https://google.aip.dev/155).
enum RequestID {
    /// The same UUID for the same text.
    ///
    /// APIs ask for version 4 of RFC 9562, section 5.4; the digest's bits stand in for the random ones.
    static func uuid(for text: String) -> String {
        var bytes = Array(SHA256.digest(of: text).bytes.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = Hex.encode(bytes)
        var groups: [Substring] = []
        var rest = hex[...]
        for letters in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(letters))
            rest = rest.dropFirst(letters)
        }
        return groups.joined(separator: "-")
    }
}

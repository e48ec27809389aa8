import Wire

/// The name of a package, derived from its content: `pkg-` and 32 hexadecimal digits.
public enum PackageID {
    /// The first letters of every package id.
    public static let prefix = "pkg-"
    /// Hexadecimal digits after the prefix.
    public static let digitCount = 32

    /// The id of episodes captured by a robot in an environment.
    ///
    /// SHA-256 over the environment, a newline, the robot, a newline, then for each blob, sorted by the bytes of its
    /// path, `path NUL size NUL sha256-in-hex` and a newline; the first 32 digits.
    public static func derive(environmentID: String, robotID: String, episodes: [Manifest.Blob]) -> String {
        var hash = SHA256()
        hash.update(Array("\(environmentID)\n\(robotID)\n".utf8))
        for blob in episodes.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
            hash.update(Array("\(blob.path)\0\(blob.size)\0\(blob.digest.hex)\n".utf8))
        }
        return prefix + hash.finalize().hex.prefix(digitCount)
    }

    /// Whether text has the form of a package id.
    public static func isWellFormed(_ text: some StringProtocol) -> Bool {
        text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + digitCount
            && text.dropFirst(prefix.count).utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}

/// The names of robots, environments, models and keys.
public enum Slug {
    /// Bytes of a name.
    public static let bytesMax = 63

    /// Whether a name is 1 to 63 of `a-z 0-9 . _ -`, first a letter or digit: safe in paths, labels and URLs.
    public static func isWellFormed(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isLetterOrDigit(first), text.utf8.count <= bytesMax else { return false }
        return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 45 || $0 == 46 || $0 == 95 }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
}

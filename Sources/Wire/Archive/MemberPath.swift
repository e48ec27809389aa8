/// What a member's name must be, and which names are one.
public enum MemberPath {
    private static let slash = UInt8(ascii: "/")

    /// Whether a file of that name is read from an archive within the standard limits.
    public static func isSafe(_ path: String) -> Bool {
        (try? check(Array(path.utf8), kind: .file, limits: .standard)) != nil
    }

    /// Checks that files of these names may lie in one archive, and in one folder of whatever disk.
    public static func check(files names: [String], limits: ArchiveLimits) throws(ArchiveError) {
        var seen = MemberNames(limits: limits)
        for name in names { _ = try seen.admit(Array(name.utf8), kind: .file) }
    }

    /// Checks a name as the archive has it.
    ///
    /// - Returns: the path, without the slash that ends a directory's name.
    static func check(
        _ raw: [UInt8],
        kind: ArchiveMember.Kind,
        limits: ArchiveLimits
    ) throws(ArchiveError) -> String {
        guard raw.count <= limits.pathBytesMax else { throw tooLong(limits) }
        guard let name = String(validating: raw, as: UTF8.self) else {
            throw ArchiveError(.pathUnsafe, "a name is not UTF-8: \(Hex.encode(raw.prefix(64)))")
        }
        guard !name.unicodeScalars.contains(where: isControl) else {
            throw ArchiveError(.pathUnsafe, "a name holds a control character: \(Hex.encode(raw.prefix(64)))")
        }
        guard !raw.contains(UInt8(ascii: "\\")) else {
            throw ArchiveError(.pathUnsafe, "the name holds a backslash", member: name)
        }
        let endsInSlash = name.utf8.last == slash
        let trimmed = kind == .directory && endsInSlash ? String(name.utf8.dropLast()) ?? name : name
        guard trimmed.utf8.first != slash, trimmed.utf8.dropFirst().first != UInt8(ascii: ":") else {
            throw ArchiveError(.pathUnsafe, "the name is absolute", member: name)
        }
        let parts = trimmed.utf8.split(separator: slash, omittingEmptySubsequences: false)
        guard parts.count <= limits.pathPartsMax else {
            throw ArchiveError(.pathLimit, "the name has more than \(limits.pathPartsMax) parts", member: name)
        }
        // Where dots and spaces at the end of a name are dropped, `. .` and `...` climb as `..` does.
        for part in parts where part.allSatisfy(isDropped) {
            throw ArchiveError(.pathUnsafe, "the name has a part that is empty, `.`, `..` or the like", member: name)
        }
        return trimmed
    }

    /// The error that a name is too long.
    static func tooLong(_ limits: ArchiveLimits) -> ArchiveError {
        ArchiveError(.pathLimit, "a name has more than \(limits.pathBytesMax) bytes")
    }

    /// What disks that fold names make one has one key: without regard to case (through upper case, which makes `ß` and
    /// `SS` one), to characters that are not seen, and to dots and spaces at the end of a part. `String`'s own equality
    /// adds canonical equivalence: NFC and NFD are one.
    static func collisionKey(_ path: String) -> String {
        var seen = path.unicodeScalars
        if !path.utf8.allSatisfy({ $0 < 0x80 }) { seen.removeAll { $0.properties.isDefaultIgnorableCodePoint } }
        var key: [UInt8] = []
        for byte in String(seen).uppercased().lowercased().utf8 {
            if byte == slash { dropEnd(of: &key) }
            key.append(byte)
        }
        dropEnd(of: &key)
        return String(decoding: key, as: UTF8.self)
    }

    private static func dropEnd(of key: inout [UInt8]) {
        while let last = key.last, isDropped(last) { key.removeLast() }
    }

    private static func isDropped(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: " ") }

    /// C0, DEL and C1, line and paragraph separators, and what turns the direction of text: none of it can be seen, and
    /// each makes a name look like another.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value < 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: return scalar.properties.isBidiControl
        }
    }
}

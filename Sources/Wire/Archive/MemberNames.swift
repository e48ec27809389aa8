/// The names seen so far, and the rules that a name has to keep. The memory they take is bounded: an archive is walked
/// through before its digest is known.
struct MemberNames {
    private enum Use {
        case file
        case directory
        /// A directory that so far is only part of other names.
        case parent
    }

    private static let slash = UInt8(ascii: "/")

    private var uses: [String: (spelling: String, use: Use)] = [:]
    private var notedBytes = 0

    /// Checks a name as the archive has it and remembers it.
    ///
    /// - Returns: the path, without the slash that ends a directory's name.
    mutating func admit(_ raw: [UInt8], kind: ArchiveMember.Kind) throws(ArchiveError) -> String {
        let path = try Self.path(raw, kind: kind)
        var end = path.utf8.startIndex
        while let slash = path.utf8[end...].firstIndex(of: Self.slash) {
            try note(String(path[..<slash]), as: .parent)
            end = path.utf8.index(after: slash)
        }
        try note(path, as: kind == .file ? .file : .directory)
        return path
    }

    /// Lower case, and String's equality by canonical equivalence: what a case-insensitive disk would make one.
    private mutating func note(_ path: String, as use: Use) throws(ArchiveError) {
        let key = path.lowercased()
        guard let known = uses[key] else {
            notedBytes += path.utf8.count + ArchiveLimits.nameOverheadBytes
            guard notedBytes <= ArchiveLimits.namesBytesMax else {
                let message = "the names of members and folders are over \(ArchiveLimits.namesBytesMax) bytes"
                throw ArchiveError(.membersLimit, message, member: path)
            }
            uses[key] = (path, use)
            return
        }
        guard known.spelling.utf8.elementsEqual(path.utf8) else {
            throw ArchiveError(.duplicate, "the name differs from \(known.spelling) only by case or form", member: path)
        }
        switch (known.use, use) {
        case (.parent, .parent), (.directory, .parent): return
        case (.parent, .directory): uses[key] = (path, .directory)
        case (.file, .parent), (.parent, .file):
            throw ArchiveError(.duplicate, "the name is a file's and a directory's", member: path)
        default: throw ArchiveError(.duplicate, "the name stands twice in the archive", member: path)
        }
    }

    private static func path(_ raw: [UInt8], kind: ArchiveMember.Kind) throws(ArchiveError) -> String {
        guard raw.count <= ArchiveLimits.pathBytesMax else {
            throw ArchiveError(.pathUnsafe, "a name has more than \(ArchiveLimits.pathBytesMax) bytes")
        }
        guard let name = String(validating: raw, as: UTF8.self) else {
            throw ArchiveError(.pathUnsafe, "a name is not UTF-8: \(Hex.encode(raw.prefix(64)))")
        }
        guard !raw.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
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
        guard parts.count <= ArchiveLimits.pathPartsMax else {
            throw ArchiveError(.pathUnsafe, "the name has more than \(ArchiveLimits.pathPartsMax) parts", member: name)
        }
        for part in parts {
            guard !part.isEmpty, !part.elementsEqual(".".utf8), !part.elementsEqual("..".utf8) else {
                throw ArchiveError(.pathUnsafe, "the name has an empty part, `.` or `..`", member: name)
            }
        }
        return trimmed
    }
}

/// The names seen so far, and the rules that a name has to keep.
struct MemberNames {
    private enum Use {
        case file
        case directory
        /// A directory that so far is only part of other names.
        case parent
    }

    private var uses: [String: (spelling: String, use: Use)] = [:]

    /// Checks a name as the archive has it and remembers it.
    ///
    /// - Returns: the path, without the slash that ends a directory's name.
    mutating func admit(_ raw: [UInt8], kind: ArchiveMember.Kind) throws(ArchiveError) -> String {
        let path = try Self.path(raw, kind: kind)
        var end = path.startIndex
        while let slash = path[end...].firstIndex(of: "/") {
            try note(String(path[..<slash]), as: .parent)
            end = path.index(after: slash)
        }
        try note(path, as: kind == .file ? .file : .directory)
        return path
    }

    /// Lower case, and String's equality by canonical equivalence: what a case-insensitive disk would make one.
    private mutating func note(_ path: String, as use: Use) throws(ArchiveError) {
        let key = path.lowercased()
        guard let known = uses[key] else {
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
        let trimmed = kind == .directory && name.utf8.last == UInt8(ascii: "/") ? String(name.dropLast()) : name
        guard trimmed.utf8.first != UInt8(ascii: "/"), trimmed.utf8.dropFirst().first != UInt8(ascii: ":") else {
            throw ArchiveError(.pathUnsafe, "the name is absolute", member: name)
        }
        for part in trimmed.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !part.isEmpty, !part.elementsEqual(".".utf8), !part.elementsEqual("..".utf8) else {
                throw ArchiveError(.pathUnsafe, "the name has an empty part, `.` or `..`", member: name)
            }
        }
        return trimmed
    }
}

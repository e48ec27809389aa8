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

    private let limits: ArchiveLimits
    private var uses: [String: (spelling: String, use: Use)] = [:]
    private var notedBytes = 0

    /// No name seen yet.
    init(limits: ArchiveLimits) { self.limits = limits }

    /// Checks a name as the archive has it and remembers it.
    ///
    /// - Returns: the path, without the slash that ends a directory's name.
    mutating func admit(_ raw: [UInt8], kind: ArchiveMember.Kind) throws(ArchiveError) -> String {
        let path = try MemberPath.check(raw, kind: kind, limits: limits)
        var end = path.utf8.startIndex
        while let slash = path.utf8[end...].firstIndex(of: Self.slash) {
            try note(String(path[..<slash]), as: .parent)
            end = path.utf8.index(after: slash)
        }
        try note(path, as: kind == .file ? .file : .directory)
        return path
    }

    private mutating func note(_ path: String, as use: Use) throws(ArchiveError) {
        let key = MemberPath.collisionKey(path)
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
}

import Glibc
public import Wire

/// The files of a folder, as a package is made of them.
public struct EpisodeFolder: Sendable {
    /// Folders within folders: a file in the deepest has as many parts as a name in an archive may have.
    public static let depthMax = ArchiveLimits.standard.pathPartsMax - 1

    /// One plain file.
    public struct File: Sendable, Equatable {
        /// Relative to the folder, `/` between parts.
        public let path: String
        /// Bytes.
        public let size: Int64
        /// When its content changed last.
        public let modified: Timestamp
    }

    /// Where it is.
    public let root: String
    /// All plain files under it, by the bytes of their paths.
    public let files: [File]

    /// Walks through a folder. Links are refused, not followed: what lies elsewhere would be signed unseen.
    ///
    /// - Throws: ``PackageError``.
    public init(walking root: String) throws(PackageError) {
        self.root = root
        var files: [File] = []
        var folders: [(path: String, depth: Int)] = [("", 0)]
        while let (folder, depth) = folders.popLast() {
            guard depth <= Self.depthMax else {
                throw PackageError(.depthLimit, "\(root)/\(folder) lies deeper than \(Self.depthMax) folders")
            }
            for name in try Self.names(in: folder.isEmpty ? root : "\(root)/\(folder)") {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                let status = try Self.status(of: "\(root)/\(path)")
                switch status.st_mode & S_IFMT {
                case S_IFDIR: folders.append((path, depth + 1))
                case S_IFREG: files.append(try Self.file(path, status))
                default: throw PackageError(.fileKind, "\(root)/\(path) is a link or a device: put a plain file there")
                }
            }
            guard files.count <= ArchiveLimits.standard.membersMax else {
                let limit = ArchiveLimits.standard.membersMax
                throw PackageError(.filesLimit, "\(root) holds more than \(limit) files: make several packages")
            }
        }
        guard !files.isEmpty else { throw PackageError(.folderEmpty, "\(root) holds no file: name another folder") }
        self.files = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    private static func file(_ path: String, _ status: stat) throws(PackageError) -> File {
        guard Manifest.isSafe(path: path) else {
            throw PackageError(.filePathUnsafe, "\(path) holds characters that a manifest cannot carry: rename it")
        }
        let modified = Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
        return File(path: path, size: Int64(status.st_size), modified: modified)
    }

    private static func status(of path: String) throws(PackageError) -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw unreadable(path) }
        return status
    }

    private static func names(in folder: String) throws(PackageError) -> [String] {
        guard let stream = opendir(folder) else { throw unreadable(folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw PackageError(.filePathUnsafe, "\(folder) holds a name that is not UTF-8: rename it")
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func unreadable(_ path: String) -> PackageError {
        PackageError(.folderUnreadable, "\(path): \(String(cString: strerror(errno)))")
    }
}

import Glibc

/// The plain files of a folder that somebody else has filled.
public enum FolderFiles {
    /// Folders within folders.
    private static let depthMax = 8

    /// The paths of all files below a folder, in order.
    ///
    /// - Throws: `FileIO.Failure` for what is neither file nor folder, and for more than may be there.
    public static func names(in folder: String, countMax: Int) throws(FileIO.Failure) -> [String] {
        var names: [String] = []
        try walk(folder, below: "", depth: 0, countMax: countMax, into: &names)
        return names.sorted()
    }

    private static func walk(
        _ folder: String,
        below prefix: String,
        depth: Int,
        countMax: Int,
        into names: inout [String]
    ) throws(FileIO.Failure) {
        guard depth < depthMax else { throw FileIO.Failure(folder, "is more than \(depthMax) folders deep") }
        for name in try FileIO.names(in: folder) {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { throw FileIO.Failure(path, "cannot be read") }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try walk(path, below: "\(prefix)\(name)/", depth: depth + 1, countMax: countMax, into: &names)
            case S_IFREG:
                names.append(prefix + name)
                guard names.count <= countMax else { throw FileIO.Failure(folder, "holds more than \(countMax) files") }
            default: throw FileIO.Failure(path, "is neither a file nor a folder")
            }
        }
    }
}

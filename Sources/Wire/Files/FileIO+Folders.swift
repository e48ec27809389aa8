import Glibc

extension FileIO {
    /// Makes a folder and those it lies in; one that is there is left as it is.
    ///
    /// - Throws: ``Failure`` with the folder that could not be made.
    public static func makeFolder(_ path: String, permissions: UInt32 = 0o755) throws(Failure) {
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            folder += part + "/"
            guard mkdir(folder, permissions) == 0 || errno == EEXIST else { throw Failure(folder) }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Failure(path, String(cString: strerror(ENOTDIR))) }
    }

    /// The names in a folder, sorted by their bytes, without `.` and `..`.
    ///
    /// - Throws: ``Failure``.
    public static func names(in folder: String) throws(Failure) -> [String] {
        guard let stream = opendir(folder) else { throw Failure(folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Removes a folder with all that is in it; a link is removed, not followed. One that is not there is no error, nor
    /// is somebody else who removes it at the same time.
    ///
    /// - Throws: ``Failure`` with what could not be removed; part of it may be gone.
    public static func removeFolder(_ path: String) throws(Failure) { try remove(path, depth: 0) }

    private static func remove(_ path: String, depth: Int) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw Failure(path)
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if isFolder {
            guard depth < depthMax else { throw Failure(path, "lies more than \(depthMax) folders deep") }
            for name in try namesIfPresent(in: path) { try remove(path + "/" + name, depth: depth + 1) }
        }
        guard (isFolder ? rmdir(path) : unlink(path)) == 0 || errno == ENOENT else { throw Failure(path) }
    }

    /// The names in a folder; none where it has just been removed.
    private static func namesIfPresent(in folder: String) throws(Failure) -> [String] {
        do throws(Failure) {
            return try names(in: folder)
        } catch {
            if access(folder, F_OK) != 0, errno == ENOENT { return [] }
            throw error
        }
    }

    /// Folders within one another that are removed together.
    private static let depthMax = 64
}

import Glibc

/// Whole small files; larger ones go through streams.
public enum FileIO {
    /// A call to the file system failed.
    public struct Failure: Error, Equatable, CustomStringConvertible {
        /// The file.
        public let path: String
        /// What was wrong, in the system's words.
        public let problem: String

        /// `keyring.json: No such file or directory`.
        public var description: String { "\(path): \(problem)" }

        /// A failure in the words given, else in the system's for `errno`.
        public init(_ path: String, _ problem: String? = nil) {
            self.path = path
            self.problem = problem ?? String(cString: strerror(errno))
        }
    }

    /// All bytes of a file.
    ///
    /// - Throws: ``Failure``; also for a file of more than `bytesMax` bytes.
    public static func read(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(path) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(path) }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= bytesMax else { throw Failure(path, "longer than \(bytesMax) bytes") }
            bytes += chunk[0..<count]
        }
    }

    /// The last bytes of a file, which may grow meanwhile.
    ///
    /// - Throws: ``Failure``.
    public static func readEnd(_ path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(path) }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        guard size >= 0 else { throw Failure(path) }
        let start = max(0, size - bytesMax)
        var bytes = [UInt8](repeating: 0, count: Int(size - start))
        var filled = 0
        while filled < bytes.count {
            let count = bytes[filled...].withUnsafeMutableBytes {
                pread(file, $0.baseAddress, $0.count, start + filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(path) }
            // Cut meanwhile.
            guard count > 0 else { return Array(bytes[..<filled]) }
            filled += count
        }
        return bytes
    }

    /// Writes a file that is there whole or not at all, also after a crash: a temporary file, fsync, rename.
    ///
    /// - Throws: ``Failure``; the temporary file is removed. Where only the folder could not be synced, the file
    ///   is there.
    public static func write(_ bytes: [UInt8], to path: String, permissions: UInt32 = 0o644) throws(Failure) {
        let draft = try draft(of: path, bytes, permissions)
        guard rename(draft, path) == 0 else { throw discard(draft, Failure(path)) }
        try syncFolder(of: path)
    }

    /// Writes a file, as `write` does, unless one of that name is there: of several writers one succeeds.
    ///
    /// - Returns: whether it was written.
    /// - Throws: ``Failure``; the temporary file is removed.
    public static func writeNew(_ bytes: [UInt8], to path: String, permissions: UInt32 = 0o644) throws(Failure) -> Bool
    {
        let draft = try draft(of: path, bytes, permissions)
        // A second name is never put in the place of another (link(2)), a new one would be (rename(2)).
        let isNew = link(draft, path) == 0
        guard isNew || errno == EEXIST else { throw discard(draft, Failure(path)) }
        unlink(draft)
        if isNew { try syncFolder(of: path) }
        return isNew
    }

    /// Writes a temporary file beside a file, synced, and gives its path.
    private static func draft(of path: String, _ bytes: [UInt8], _ permissions: UInt32) throws(Failure) -> String {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        guard file >= 0 else { throw Failure(draft) }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw discard(draft, Failure(draft)) }
            written += count
        }
        guard fsync(file) == 0 else { throw discard(draft, Failure(path)) }
        return draft
    }

    /// Makes a new name last: it stands in the folder, which is written for itself (fsync(2), notes).
    private static func syncFolder(of path: String) throws(Failure) {
        let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Who may write into a folder need not be allowed to read it.
        if descriptor < 0, errno == EACCES { return }
        guard descriptor >= 0 else { throw Failure(folder) }
        defer { close(descriptor) }
        // Some file systems cannot do it for folders, and say so.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else { throw Failure(folder) }
    }

    /// Writes a line, whole if it can be; a line that cannot be written is lost, as nobody could be told.
    public static func writeLine(_ line: String, to descriptor: Int32) {
        writeAll(Array((line + "\n").utf8), to: descriptor)
    }

    /// Writes bytes, all if it can be; what cannot be written is lost, as nobody could be told.
    public static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func discard(_ draft: String, _ failure: Failure) -> Failure {
        unlink(draft)
        return failure
    }
}

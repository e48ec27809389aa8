import Glibc

/// A lock on a folder that ends with the process, however it ends.
final class FolderLock {
    private let file: Int32

    /// Takes the lock.
    ///
    /// - Throws: ``CommandError`` `busy` where another process has it; `message` says what to do then.
    init(_ folder: String, busy message: String) throws(CommandError) {
        file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw CommandError(.fileUnusable, "\(folder): \(String(cString: strerror(errno)))") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else { throw CommandError(.busy, message) }
    }

    deinit { if file >= 0 { close(file) } }
}

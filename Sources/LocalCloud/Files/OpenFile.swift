import Glibc

/// An open file, closed when its last user lets go of it.
final class OpenFile: Sendable {
    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Makes a file that was not there; `EEXIST` where it was.
    static func create(_ path: String) throws(FileError) -> OpenFile {
        try open(path, O_CREAT | O_EXCL | O_RDWR)
    }

    /// Opens a file that is there, for reading.
    static func read(_ path: String) throws(FileError) -> OpenFile { try open(path, O_RDONLY) }

    /// Opens a file for reading; nil where it is not there.
    static func readIfThere(_ path: String) throws(FileError) -> OpenFile? {
        do throws(FileError) {
            return try read(path)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    /// Opens a file that is there, for going on with it.
    static func resume(_ path: String) throws(FileError) -> OpenFile { try open(path, O_RDWR) }

    /// Opens or makes a file and takes its lock; nil where another process holds it.
    static func lock(_ path: String) throws(FileError) -> OpenFile? {
        let file = try open(path, O_CREAT | O_RDWR)
        return flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 ? file : nil
    }

    private static func open(_ path: String, _ flags: Int32) throws(FileError) -> OpenFile {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open", path) }
        return OpenFile(path: path, descriptor: descriptor)
    }

    /// Writes all bytes at a place.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .last("write", path) }
            written += count
        }
    }

    /// Up to `count` bytes from a place; none at the end.
    func read(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var result = pread(descriptor, buffer.baseAddress, count, off_t(offset))
            while result < 0, errno == EINTR { result = pread(descriptor, buffer.baseAddress, count, off_t(offset)) }
            if result < 0 { failure = .last("read", path) }
            filled = max(result, 0)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Cuts the file to a size.
    func truncate(to size: Int64) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw .last("truncate", path) }
    }

    /// Returns when the bytes are on the disk.
    func sync() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw .last("fsync", path) }
    }
}

import Glibc

/// A file that is open, closed with its last use.
final class OpenFile {
    private let descriptor: Int32
    private let path: String

    /// Opens a file to be read.
    init(reading path: String) throws(ArchiveError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(.fileUnreadable, "cannot open", path) }
    }

    /// Makes a file anew, or empties the one that is there.
    init(writing path: String) throws(ArchiveError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(.fileUnwritable, "cannot make", path) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Bytes of the file; an error where it is none.
    func size() throws(ArchiveError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure(.fileUnreadable, "cannot read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ArchiveError(.fileUnreadable, "\(path) is not a plain file")
        }
        return Int64(status.st_size)
    }

    /// Fills the buffer from its start; 0 only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw Self.failure(.fileUnreadable, "cannot read", path) }
        }
    }

    /// The next bytes, at most that many; empty only at the end of the file.
    func read(bytesMax: Int) throws(ArchiveError) -> [UInt8] {
        let outcome: Result<[UInt8], ArchiveError> = Result { () throws(ArchiveError) in
            var failure: ArchiveError?
            let bytes = [UInt8](unsafeUninitializedCapacity: bytesMax) { buffer, count in
                do throws(ArchiveError) {
                    count = try read(into: UnsafeMutableRawBufferPointer(buffer))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            return bytes
        }
        return try outcome.get()
    }

    /// Writes all bytes at an offset.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(ArchiveError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor,
                bytes.baseAddress?.advanced(by: done),
                bytes.count - done,
                off_t(offset) + done
            )
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw Self.failure(.fileUnwritable, "cannot write", path)
            }
        }
    }

    private static func failure(_ code: ArchiveError.Code, _ what: String, _ path: String) -> ArchiveError {
        ArchiveError(code, "\(what) \(path): \(String(cString: strerror(errno)))")
    }
}

import Glibc
import Wire

/// A file of numbers without a name: its room is free again when the process ends, however that ends.
struct ScratchFile: Sendable {
    /// Numbers written.
    private(set) var count = 0

    private let folder: ScratchFolder
    private let file: File

    /// - Throws: `FileIO.Failure` that names the folder.
    init(in folder: ScratchFolder) throws(FileIO.Failure) {
        self.folder = folder
        let unnamed = File.unnamed(in: folder.path)
        let descriptor = unnamed < 0 ? File.unlinked(in: folder.path) : unnamed
        guard descriptor >= 0 else { throw Self.failure(folder) }
        file = File(descriptor: descriptor)
    }

    /// Writes numbers behind those that are there.
    ///
    /// - Throws: `FileIO.Failure` that names the folder, where it is full.
    mutating func append(_ numbers: UnsafeBufferPointer<Float>) throws(FileIO.Failure) {
        var rest = UnsafeRawBufferPointer(numbers)
        var offset = Self.offset(count)
        while !rest.isEmpty {
            let written = folder.write(file.descriptor, rest, offset)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure(folder) }
            offset += written
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
        count += numbers.count
    }

    /// The numbers of a stretch.
    ///
    /// - Throws: `FileIO.Failure`.
    func read(_ stretch: Range<Int>) throws(FileIO.Failure) -> [Float] {
        var numbers = [Float](repeating: 0, count: stretch.count)
        let isRead = numbers.withUnsafeMutableBytes { bytes in
            var read = 0
            while read < bytes.count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[read...])
                let count = pread(file.descriptor, rest.baseAddress, rest.count, Self.offset(stretch.lowerBound) + read)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                read += count
            }
            return true
        }
        guard isRead else { throw Self.failure(folder) }
        return numbers
    }

    /// Gives the room of a stretch back, where the file system can; it is not read again.
    func discard(_ stretch: Range<Int>) {
        // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE (fallocate(2)).
        _ = Self.fallocate?(file.descriptor, 0x01 | 0x02, Self.offset(stretch.lowerBound), Self.offset(stretch.count))
    }

    /// A call of GNU's that Swift's `Glibc` does not show.
    private static let fallocate = dlsym(nil, "fallocate").map {
        unsafeBitCast($0, to: (@convention(c) @Sendable (Int32, Int32, Int, Int) -> Int32).self)
    }

    /// All numbers as memory.
    ///
    /// - Throws: `FileIO.Failure`.
    func map() throws(FileIO.Failure) -> FileMapping {
        guard let mapping = FileMapping(descriptor: file.descriptor, count: count) else {
            throw Self.failure(folder)
        }
        return mapping
    }

    private static func offset(_ count: Int) -> Int { count * MemoryLayout<Float>.stride }

    /// What the last call met, and what to do.
    private static func failure(_ folder: ScratchFolder) -> FileIO.Failure {
        let problem = String(cString: strerror(errno))
        let advice = "the dataset's numbers are kept there: make room, or name a larger folder in TMPDIR"
        return FileIO.Failure(folder.path, "\(problem); \(advice)")
    }

    /// An open file.
    final class File: Sendable {
        let descriptor: Int32

        init(descriptor: Int32) { self.descriptor = descriptor }

        deinit { close(descriptor) }

        /// Opens one that never has a name: not every file system can (O_TMPFILE, open(2)).
        static func unnamed(in folder: String) -> Int32 {
            open(folder, O_RDWR | O_CLOEXEC | O_DIRECTORY | 0o20_000_000, 0o600)
        }

        /// Opens one that loses its name at once.
        static func unlinked(in folder: String) -> Int32 {
            var path = Array("\(folder)/signalbox-XXXXXX".utf8CString)
            let descriptor = mkstemp(&path)
            guard descriptor >= 0 else { return descriptor }
            unlink(path)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            return descriptor
        }
    }
}

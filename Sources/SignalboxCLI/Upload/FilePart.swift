import Glibc
import Synchronization
import Wire

/// The bytes of a file from an offset to another, reported as they are pulled.
final class FilePart: ByteStream {
    private static let chunkBytes = 256 << 10

    private let path: String
    private let file: Int32
    private let position: Mutex<Int64>
    private let end: Int64
    private let progress: @Sendable (Int64) -> Void

    /// Opens a file.
    ///
    /// - Parameter end: the byte after the last; the file must reach there.
    init(_ path: String, from offset: Int64, to end: Int64, progress: @escaping @Sendable (Int64) -> Void) throws {
        self.path = path
        self.end = end
        self.progress = progress
        position = Mutex(offset)
        file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw CommandError(.fileUnusable, "\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { if file >= 0 { close(file) } }

    func next() async throws -> [UInt8]? {
        let (chunk, done) = try position.withLock { position in
            let wanted = Int(min(Int64(Self.chunkBytes), end - position))
            let chunk = try read(wanted, at: position)
            position += Int64(chunk.count)
            return (chunk, position)
        }
        progress(done)
        return chunk.isEmpty ? nil : chunk
    }

    private func read(_ wanted: Int, at offset: Int64) throws -> [UInt8] {
        guard wanted > 0 else { return [] }
        var chunk = [UInt8](repeating: 0, count: wanted)
        while true {
            let count = pread(file, &chunk, wanted, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw CommandError(.fileUnusable, "\(path) ended early: it changed while it was sent, send it again")
            }
            return Array(chunk.prefix(count))
        }
    }
}

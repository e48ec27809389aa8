import Glibc

extension FileIO {
    /// Bytes of one chunk.
    private static let chunkBytes = 256 << 10

    /// Hands on the bytes of a file from its start, a chunk at a time, valid during the call only.
    ///
    /// - Throws: ``Failure``; what the body throws.
    public static func readChunks(of path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(path) }
        defer { close(file) }
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = Glibc.read(file, chunk.baseAddress, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(path) }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
        }
    }
}

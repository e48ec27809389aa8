/// The bytes of a file, in chunks.
public actor FileStream: ByteStream {
    private let file: OpenFile
    private let chunkBytes: Int
    /// Bytes of the file when it was opened.
    public nonisolated let size: Int64

    /// Opens a plain file.
    ///
    /// - Throws: ``ArchiveError`` with ``ArchiveError/Code/fileUnreadable``.
    public init(path: String, chunkBytes: Int = 256 << 10) throws(ArchiveError) {
        file = try OpenFile(reading: path)
        size = try file.size()
        self.chunkBytes = chunkBytes
    }

    /// The next chunk; nil at the end.
    public func next() throws(ArchiveError) -> [UInt8]? {
        let bytes = try file.read(bytesMax: chunkBytes)
        return bytes.isEmpty ? nil : bytes
    }
}

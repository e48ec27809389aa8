/// Bytes for a thread that may block.
protocol BlockSource: AnyObject {
    /// Fills the buffer from its start; 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// The parser's end of a ``ChunkPipe``.
final class PipeSource: BlockSource {
    private let pipe: ChunkPipe
    private var chunk: [UInt8] = []
    private var position = 0

    init(_ pipe: ChunkPipe) { self.pipe = pipe }

    /// The first bytes, which stay to be read; fewer at the end.
    func peek(_ count: Int) -> [UInt8] {
        while chunk.count - position < count, let more = pipe.pull(.parser) {
            chunk = Array(chunk[position...]) + more
            position = 0
        }
        return Array(chunk[position...].prefix(count))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if position == chunk.count {
            chunk = pipe.pull(.parser) ?? []
            position = 0
        }
        let count = min(buffer.count, chunk.count - position)
        chunk.withUnsafeBytes { bytes in
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
        }
        position += count
        return count
    }
}

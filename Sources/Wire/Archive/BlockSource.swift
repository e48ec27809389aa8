/// Bytes for a thread that may block.
protocol BlockSource: AnyObject {
    /// Fills the buffer from its start; 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Chunks that a closure brings, read as blocks.
final class ChunkSource: BlockSource {
    private let pull: () -> [UInt8]?
    private var chunk: [UInt8] = []
    private var position = 0

    /// The closure gives nil at the end, and blocks where it has to wait.
    init(_ pull: @escaping () -> [UInt8]?) { self.pull = pull }

    /// The first bytes, which stay to be read; fewer at the end.
    func peek(_ count: Int) -> [UInt8] {
        chunk.removeFirst(position)
        position = 0
        while chunk.count < count, let more = pull() { chunk += more }
        return Array(chunk.prefix(count))
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if position == chunk.count {
            chunk = pull() ?? []
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

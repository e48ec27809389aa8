import Glibc

/// The bytes that libarchive reads, block by block, with the last few kept: what it has parsed can be looked at again.
final class ByteWindow {
    /// More than any zip header (two lengths of 16 bits) and than ``ArchiveLimits/tarHeadersBytesMax``.
    static let historyBytes = 132 << 10
    private static let blockBytesMin = 64 << 10
    private static let blockBytesMax = 512 << 10
    /// Room for several blocks: the history is moved to the front only when they have filled it.
    private static let bufferBytes = 2 << 20

    private let source: any BlockSource
    private let buffer: UnsafeMutableRawBufferPointer
    private var count = 0
    /// The offset in the stream of the buffer's first byte.
    private var start: Int64 = 0

    init(_ source: any BlockSource) {
        self.source = source
        buffer = .allocate(byteCount: Self.bufferBytes, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// The offset behind the last byte read.
    var end: Int64 { start + Int64(count) }

    /// The next block, valid until the call after it; empty at the end.
    func advance() throws -> UnsafeRawBufferPointer {
        if count + Self.blockBytesMax > buffer.count { moveHistory() }
        let first = count
        while count - first < Self.blockBytesMin {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count..<first + Self.blockBytesMax])
            let read = try source.read(into: rest)
            guard read > 0 else { break }
            count += read
        }
        return UnsafeRawBufferPointer(rebasing: buffer[first..<count])
    }

    private func moveHistory() {
        let kept = min(count, Self.historyBytes)
        if let base = buffer.baseAddress { memmove(base, base + (count - kept), kept) }
        start += Int64(count - kept)
        count = kept
    }

    /// Bytes of the stream that are still at hand, at most `count` from that offset; nil where they have passed.
    func bytes(from offset: Int64, count wanted: Int) -> UnsafeRawBufferPointer? {
        guard offset >= start, offset <= end else { return nil }
        let first = Int(offset - start)
        return UnsafeRawBufferPointer(rebasing: buffer[first..<min(count, first + wanted)])
    }

    /// All bytes at hand from that offset; nil where they have passed.
    func rest(from offset: Int64) -> UnsafeRawBufferPointer? {
        bytes(from: offset, count: Int(clamping: end - offset))
    }
}

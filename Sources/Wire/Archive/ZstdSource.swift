import CArchive

/// The content of a zstd stream.
final class ZstdSource: BlockSource {
    private static let blockBytes = 256 << 10

    /// Memory that lives as long as the closure that fills it.
    private final class Block {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: blockBytes, alignment: 16)
        deinit { bytes.deallocate() }
    }

    private let handle: ArchiveHandle
    private let ratioMax: Int64
    private var producedBytes: Int64 = 0

    /// The content of the stream that a source brings, refused once it is more than `ratioMax` times as long.
    init(_ source: any BlockSource, ratioMax: Int64) throws {
        self.ratioMax = ratioMax
        let block = Block()
        var frames = ZstdFrames()
        let handle = try ArchiveHandle(.zstd) {
            let filled = UnsafeRawBufferPointer(rebasing: block.bytes[..<(try source.read(into: block.bytes))])
            if filled.isEmpty { try frames.finish() } else { try frames.check(filled) }
            return filled
        }
        guard try handle.nextEntry() != nil else { throw ArchiveError(.malformed, "the zstd stream is empty") }
        self.handle = handle
    }

    /// Compressed bytes used so far.
    var consumedBytes: Int64 { archive_filter_bytes(handle.archive, -1) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = archive_read_data(handle.archive, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw handle.error() }
        producedBytes += Int64(count)
        // Members are judged one by one; this is for what is no member's: headers, and zeros behind the end.
        guard producedBytes <= ArchiveLimits.ratioFloorBytes || producedBytes / ratioMax <= consumedBytes else {
            throw ArchiveError(.ratioLimit, "the zstd stream expands more than \(ratioMax) times")
        }
        return count
    }
}

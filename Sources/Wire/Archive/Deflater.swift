import CArchive

/// Raw deflate (RFC 1951) on zlib.
final class Deflater {
    private static let outputBytes = 256 << 10
    private static let level: Int32 = 6

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: outputBytes)

    init() throws(ArchiveError) {
        stream.initialize(to: z_stream())
        guard signalbox_deflate_init(stream, Self.level) == Z_OK else {
            throw ArchiveError(.resources, "no memory for compressing")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Compresses bytes and hands on what comes out; `isLast` ends the stream.
    func compress(
        _ bytes: UnsafeRawBufferPointer,
        isLast: Bool,
        _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        stream.pointee.avail_in = UInt32(bytes.count)
        repeat {
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(Self.outputBytes)
            guard deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH) != Z_STREAM_ERROR else {
                throw ArchiveError(.resources, "zlib failed")
            }
            let count = Self.outputBytes - Int(stream.pointee.avail_out)
            try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<count]))
        } while stream.pointee.avail_out == 0
    }
}

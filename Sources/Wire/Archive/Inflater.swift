import CArchive

/// Unpacks a gzip stream (RFC 1952) as it comes, one member or several behind one another, in constant memory.
///
/// What comes out is bounded twice: by a number of bytes, and by ``ArchiveLimits/ratioMax`` beyond
/// ``ArchiveLimits/ratioFloorBytes``, so that a bomb costs no more than its limit.
public final class Inflater {
    /// The first bytes of every gzip stream: the magic number and deflate.
    public static let magic: [UInt8] = [0x1F, 0x8B, 8]

    private static let outputBytes = 64 << 10

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: outputBytes)
    private let bytesMax: Int64
    private let ratioMax: Int64
    private var packed: Int64 = 0
    private var unpacked: Int64 = 0
    /// Whether a member has begun and not ended.
    private var isInside = true

    /// An unpacker of at most so many bytes.
    ///
    /// - Throws: `archive_resources` where there is no memory.
    public init(bytesMax: Int64, ratioMax: Int64 = ArchiveLimits.standard.ratioMax) throws(ArchiveError) {
        self.bytesMax = bytesMax
        self.ratioMax = ratioMax
        stream.initialize(to: z_stream())
        guard signalbox_gunzip_init(stream) == Z_OK else {
            throw ArchiveError(.resources, "no memory for unpacking")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Unpacks bytes and hands on what comes out.
    ///
    /// - Throws: ``ArchiveError`` `archive_malformed`, `bytes_limit`, `ratio_limit`; what the body throws.
    public func inflate(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        packed += Int64(bytes.count)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        repeat {
            if !isInside {
                guard inflateReset(stream) == Z_OK else { throw ArchiveError(.resources, "zlib failed") }
                isInside = true
            }
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(Self.outputBytes)
            let status = CArchive.inflate(stream, Z_NO_FLUSH)
            isInside = status != Z_STREAM_END
            let count = Self.outputBytes - Int(stream.pointee.avail_out)
            // What may come out comes out, so that the same of it is seen however the stream is cut.
            let allowed = Int(min(Int64(count), bytesMax - unpacked))
            if allowed > 0 { try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<allowed])) }
            try check(count)
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                throw ArchiveError(.malformed, "the gzip stream is damaged")
            }
            // No room was left: there may be more to come although nothing is left to be read.
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 && isInside
    }

    /// The end of the stream.
    ///
    /// - Throws: ``ArchiveError`` `archive_malformed` where it is cut short.
    public func finish() throws(ArchiveError) {
        guard !isInside else { throw ArchiveError(.malformed, "the gzip stream is cut short") }
    }

    private func check(_ count: Int) throws(ArchiveError) {
        unpacked += Int64(count)
        guard unpacked <= bytesMax else {
            throw ArchiveError(.bytesLimit, "unpacks to more than \(bytesMax) bytes")
        }
        guard unpacked <= ArchiveLimits.ratioFloorBytes || unpacked / ratioMax <= packed else {
            throw ArchiveError(.ratioLimit, "expands more than \(ratioMax) times")
        }
    }
}

/// Follows the frames of a zstd stream (RFC 8878, section 3.1) without decoding them: the window of each frame bounds
/// the decoder's memory, and nothing but frames may stand in the stream.
struct ZstdFrames {
    private enum State {
        /// Collecting the bytes of a frame header.
        case header
        /// Collecting the three bytes of a block header.
        case block
        /// Passing over the content of a block.
        case content(Int, isLast: Bool)
        /// Passing over the checksum of the frame.
        case checksum(Int)
    }

    private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]

    private var state = State.header
    private var collected: [UInt8] = []
    private var hasChecksum = false

    /// Looks at the next bytes.
    mutating func check(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var index = 0
        while index < bytes.count {
            switch state {
            case .header:
                collected.append(bytes[index])
                index += 1
                try header()
            case .block:
                collected.append(bytes[index])
                index += 1
                if collected.count == 3 { try block() }
            case .content(let left, let isLast):
                let count = min(left, bytes.count - index)
                index += count
                if count < left { state = .content(left - count, isLast: isLast) } else { endBlock(isLast: isLast) }
            case .checksum(let left):
                index += 1
                state = left > 1 ? .checksum(left - 1) : .header
            }
        }
    }

    /// The stream ends here.
    func finish() throws(ArchiveError) {
        guard case .header = state, collected.isEmpty else {
            throw ArchiveError(.malformed, "the zstd stream ends inside a frame: send the archive again")
        }
    }

    private mutating func header() throws(ArchiveError) {
        guard collected.count >= 5 else {
            guard Self.magic.starts(with: collected.prefix(4)) else {
                throw ArchiveError(.trailingData, "something other than a zstd frame stands in the stream")
            }
            return
        }
        let descriptor = collected[4]
        let isSingleSegment = descriptor & 0x20 != 0
        let sizeBytes = descriptor >> 6 == 0 ? (isSingleSegment ? 1 : 0) : 1 << Int(descriptor >> 6)
        guard descriptor & 0x0B == 0 else {
            throw ArchiveError(.compressionUnsupported, "the zstd stream needs a dictionary: pack it without one")
        }
        guard collected.count == 5 + (isSingleSegment ? 0 : 1) + sizeBytes else { return }
        let window = isSingleSegment ? contentSize(collected[5...]) : windowSize(collected[5])
        guard window <= ArchiveLimits.windowBytesMax else {
            throw ArchiveError(
                .compressionUnsupported,
                "the zstd window is \(window) bytes, at most \(ArchiveLimits.windowBytesMax) are allowed: pack with "
                    + "zstd -19 or less, without --ultra and --long"
            )
        }
        hasChecksum = descriptor & 0x04 != 0
        collected = []
        state = .block
    }

    private func contentSize(_ field: ArraySlice<UInt8>) -> UInt64 {
        let number = field.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return field.count == 2 ? number + 256 : number
    }

    private func windowSize(_ descriptor: UInt8) -> UInt64 {
        let base = UInt64(1) << (10 + UInt64(descriptor >> 3))
        return base + base / 8 * UInt64(descriptor & 7)
    }

    private mutating func block() throws(ArchiveError) {
        let word = Int(collected[0]) | Int(collected[1]) << 8 | Int(collected[2]) << 16
        collected = []
        guard word >> 1 & 3 != 3 else { throw ArchiveError(.malformed, "a zstd block has a reserved type") }
        let size = word >> 1 & 3 == 1 ? 1 : word >> 3
        let isLast = word & 1 == 1
        if size == 0 { endBlock(isLast: isLast) } else { state = .content(size, isLast: isLast) }
    }

    private mutating func endBlock(isLast: Bool) {
        state = !isLast ? .block : hasChecksum ? .checksum(4) : .header
    }
}

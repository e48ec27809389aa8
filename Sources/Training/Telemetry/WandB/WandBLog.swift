import Wire

/// The file of records that W&B's tools read: LevelDB's log format with zlib's CRC32 in place of CRC32C and a header
/// of seven bytes before the first block (https://github.com/google/leveldb/blob/main/doc/log_format.md; `datastore.py`
/// of the `wandb` package).
struct WandBLog: Sendable {
    private static let blockBytes = 32_768
    private static let headerBytes = 7
    /// `:W&B`, the magic number 0xBEE1 and the version 0.
    private static let fileHeader: [UInt8] = Array(":W&B".utf8) + [0xE1, 0xBE, 0]

    /// Which part of a record a piece is.
    private enum Piece: UInt8 {
        case full = 1
        case first, middle, last
    }

    /// The file so far.
    private(set) var bytes = fileHeader

    /// Adds a record: whole where the block has room for it, else in pieces.
    mutating func append(_ record: [UInt8]) {
        var room = Self.blockBytes - bytes.count % Self.blockBytes
        if room < Self.headerBytes {
            bytes += Array(repeating: 0, count: room)
            room = Self.blockBytes
        }
        var rest = record[...]
        var isFirst = true
        repeat {
            let part = rest.prefix(room - Self.headerBytes)
            rest = rest.dropFirst(part.count)
            let piece: Piece = rest.isEmpty ? (isFirst ? .full : .last) : (isFirst ? .first : .middle)
            write(Array(part), as: piece)
            (isFirst, room) = (false, Self.blockBytes)
        } while !rest.isEmpty
    }

    private mutating func write(_ part: [UInt8], as piece: Piece) {
        let checksum = CRC32.checksum(of: part, after: CRC32.checksum(of: [piece.rawValue]))
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) }
        bytes += [UInt8(truncatingIfNeeded: part.count), UInt8(truncatingIfNeeded: part.count >> 8), piece.rawValue]
        bytes += part
    }
}

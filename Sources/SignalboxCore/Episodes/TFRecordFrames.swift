public import Wire

/// Cuts a TFRecord file into its records as it comes.
///
/// A record is its length (eight bytes, little-endian), the length's masked CRC32C, the bytes and their masked CRC32C
/// (https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details").
public struct TFRecordFrames: Sendable {
    /// What came out.
    public enum Output: Sendable, Equatable {
        /// A record that has its checksum; numbered from 1, its bytes begin at the offset.
        case record([UInt8], number: Int, offset: Int64)
        /// What is wrong, and where. Behind anything but a wrong checksum of data nothing more can be read.
        case fault(EpisodeFinding.Code, number: Int, offset: Int64, String)
    }

    /// Bytes of a length and its checksum.
    public static let headerBytes = 12
    /// Bytes of a checksum.
    static let checksumBytes = 4

    private let recordBytesMax: Int
    private var header: [UInt8] = []
    private var body: [UInt8] = []
    private var bodyBytes = 0
    private var number = 1
    /// Where the current record begins.
    private var start: Int64 = 0
    private var isBroken = false

    /// A file that has not begun.
    public init(recordBytesMax: Int) { self.recordBytesMax = recordBytesMax }

    /// The checksum as it is stored (tensorflow/core/lib/hash/crc32c.h): rotated, for a CRC of bytes that hold their
    /// own CRC tells little.
    public static func mask(_ checksum: CRC32C) -> UInt32 {
        (checksum.value >> 15 | checksum.value << 17) &+ 0xA282_EAD8
    }

    /// The bytes of a record around its content.
    public static func frame(_ content: [UInt8]) -> [UInt8] {
        let length = bytes(UInt64(content.count), 8)
        return length + checksum(of: length) + content + checksum(of: content)
    }

    /// Whether bytes begin with a length that has its checksum.
    static func isHeader(_ bytes: [UInt8]) -> Bool {
        bytes.count >= headerBytes && checksum(of: Array(bytes[..<8])) == Array(bytes[8..<headerBytes])
    }

    /// Takes the next bytes.
    public mutating func add(_ bytes: UnsafeRawBufferPointer, into output: inout [Output]) {
        var rest = bytes[...]
        while !rest.isEmpty, !isBroken {
            if header.count < Self.headerBytes {
                let part = rest.prefix(Self.headerBytes - header.count)
                header += part
                rest = rest.dropFirst(part.count)
                if header.count == Self.headerBytes { begin(into: &output) }
            } else {
                let part = rest.prefix(bodyBytes - body.count)
                body += part
                rest = rest.dropFirst(part.count)
                if body.count == bodyBytes { end(into: &output) }
            }
        }
    }

    /// The end of the file.
    public mutating func finish(into output: inout [Output]) {
        guard !isBroken, !header.isEmpty else { return }
        let missing = header.count < Self.headerBytes ? "its length" : "\(bodyBytes - body.count) bytes"
        fail(.recordTruncated, at: start + Int64(header.count + body.count), "the file lacks \(missing)", into: &output)
    }

    private mutating func begin(into output: inout [Output]) {
        let length = header[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard Self.isHeader(header) else {
            return fail(.recordLengthChecksum, at: start, "the length does not have its checksum", into: &output)
        }
        guard length <= UInt64(recordBytesMax) else {
            let sizes = "\(length) bytes, allowed are \(recordBytesMax)"
            return fail(.recordLimit, at: start, "a record of \(sizes)", into: &output)
        }
        bodyBytes = Int(length) + Self.checksumBytes
    }

    private mutating func end(into output: inout [Output]) {
        let content = Array(body[..<(bodyBytes - Self.checksumBytes)])
        let offset = start + Int64(Self.headerBytes)
        if Self.checksum(of: content).elementsEqual(body.suffix(Self.checksumBytes)) {
            output.append(.record(content, number: number, offset: offset))
        } else {
            let message = "the record's bytes do not have their checksum"
            output.append(.fault(.recordDataChecksum, number: number, offset: offset, message))
        }
        start += Int64(Self.headerBytes + bodyBytes)
        number += 1
        header.removeAll(keepingCapacity: true)
        body.removeAll(keepingCapacity: bodyBytes <= Self.keptBytesMax)
    }

    private mutating func fail(
        _ code: EpisodeFinding.Code,
        at offset: Int64,
        _ message: String,
        into output: inout [Output]
    ) {
        isBroken = true
        output.append(.fault(code, number: number, offset: offset, message))
    }

    private static func checksum(of content: [UInt8]) -> [UInt8] {
        bytes(UInt64(mask(CRC32C.checksum(of: content))), checksumBytes)
    }

    private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    /// What is kept of a record's memory for the next one.
    private static let keptBytesMax = 1 << 20
}

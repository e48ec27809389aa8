import Wire

/// Writes protobuf's wire format (https://protobuf.dev/programming-guides/encoding/).
struct ProtobufWriter {
    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
    }

    private(set) var bytes: [UInt8] = []

    /// A field of type bool, int32, int64 or enum.
    mutating func integer(_ field: UInt64, _ value: Int64) {
        tag(field, .varint)
        varint(UInt64(bitPattern: value))
    }

    /// A field of type double.
    mutating func double(_ field: UInt64, _ value: Double) {
        tag(field, .fixed64)
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }

    /// A field of type string.
    mutating func string(_ field: UInt64, _ value: String) { self.bytes(field, Array(value.utf8)) }

    /// A field of type bytes.
    mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
        tag(field, .lengthDelimited)
        varint(UInt64(value.count))
        bytes += value
    }

    /// A field that is a message.
    mutating func message(_ field: UInt64, _ body: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter()
        body(&writer)
        bytes(field, writer.bytes)
    }

    private mutating func tag(_ field: UInt64, _ type: WireType) { varint(field << 3 | type.rawValue) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

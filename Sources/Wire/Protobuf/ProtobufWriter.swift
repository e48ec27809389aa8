/// Writes the fields of one message (https://protobuf.dev/programming-guides/encoding).
public struct ProtobufWriter: Sendable {
    /// The message so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty message.
    public init() {}

    /// A field of type int32, int64, uint64, bool or enum (negative numbers as their 64 bits).
    public mutating func varint(_ number: Int, _ value: UInt64) {
        append(UInt64(number) << 3)
        append(value)
    }

    /// A field of type double.
    public mutating func double(_ number: Int, _ value: Double) {
        append(UInt64(number) << 3 | 1)
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * shift))) }
    }

    /// A field of type float.
    public mutating func float(_ number: Int, _ value: Float) {
        append(UInt64(number) << 3 | 5)
        for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * shift))) }
    }

    /// A field of type bytes.
    public mutating func bytes(_ number: Int, _ value: [UInt8]) {
        append(UInt64(number) << 3 | 2)
        append(UInt64(value.count))
        bytes += value
    }

    /// A field of type string.
    public mutating func string(_ number: Int, _ value: String) { bytes(number, Array(value.utf8)) }

    /// A field that is a message.
    public mutating func message(_ number: Int, _ body: (inout ProtobufWriter) -> Void) {
        var writer = ProtobufWriter()
        body(&writer)
        bytes(number, writer.bytes)
    }

    private mutating func append(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

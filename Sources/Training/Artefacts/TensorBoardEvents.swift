public import Wire

/// Records of a TensorBoard event file: TFRecord frames around `tensorflow.Event` messages.
///
/// A frame is the length (eight bytes, little-endian), its masked CRC32C, the message and its masked CRC32C
/// (tensorflow/core/lib/io/record_writer.h). Fields of Event (tensorflow/core/util/event.proto): wall_time 1, step 2,
/// file_version 3, summary 5; of Summary: value 1; of Value: tag 1, simple_value 2.
public enum TensorBoardEvents {
    /// The record that every file begins with.
    public static func fileVersion(at time: Timestamp) -> [UInt8] {
        var event = ProtobufWriter()
        event.double(1, seconds(time))
        event.bytes(3, Array("brain.Event:2".utf8))
        return frame(event.bytes)
    }

    /// One number of a curve.
    public static func scalar(_ tag: String, _ value: Float, step: Int, at time: Timestamp) -> [UInt8] {
        var entry = ProtobufWriter()
        entry.bytes(1, Array(tag.utf8))
        entry.float(2, value)
        var summary = ProtobufWriter()
        summary.bytes(1, entry.bytes)
        var event = ProtobufWriter()
        event.double(1, seconds(time))
        event.varint(2, UInt64(bitPattern: Int64(step)))
        event.bytes(5, summary.bytes)
        return frame(event.bytes)
    }

    /// What a file of a run on a host has to be called so that TensorBoard finds it.
    public static func fileName(at time: Timestamp, host: String) -> String {
        let digits = String(time.seconds)
        let padded = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
        return "events.out.tfevents.\(padded).\(host)"
    }

    private static func seconds(_ time: Timestamp) -> Double { Double(time.seconds) + Double(time.nanoseconds) / 1e9 }

    private static func frame(_ message: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(message.count))
        return length + littleEndian(masked(length)) + message + littleEndian(masked(message))
    }

    /// TFRecord's mask, so that the checksum of data that holds checksums stays strong.
    private static func masked(_ bytes: [UInt8]) -> UInt32 {
        let checksum = CRC32C.checksum(of: bytes).value
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }

    private static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value(8 * $0)) }
    }
}

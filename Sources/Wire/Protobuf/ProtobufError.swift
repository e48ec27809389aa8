/// Why bytes are not the Protocol Buffers message they should be.
///
/// Troubleshooting: the offset is that of the field in the message; `protoc --decode_raw` shows what is there.
public struct ProtobufError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// The message ends inside a field.
        case truncated = "protobuf_truncated"
        /// A tag, a number or a length that the encoding does not allow, or a field of another type than its number
        /// says.
        case malformed = "protobuf_malformed"
        /// Text that is not UTF-8.
        case invalidUTF8 = "protobuf_invalid_utf8"
        /// A field that has to be there and is not.
        case missingField = "protobuf_missing_field"
        /// A field that may stand once and stands twice.
        case duplicateField = "protobuf_duplicate_field"
        /// A value of a type that is not known.
        case unknownValue = "protobuf_unknown_value"
        /// A time outside the years 1 to 9999, or nanoseconds that are none.
        case timeOutOfRange = "protobuf_time_out_of_range"
        /// Deeper than ``ProtobufLimits/depthMax``.
        case tooDeep = "protobuf_too_deep"
        /// Longer than ``ProtobufLimits/bytesMax``.
        case tooLarge = "protobuf_too_large"
    }

    /// The reason.
    public let code: Code
    /// The byte at which it was found, from 0.
    public let offset: Int

    /// An error of its parts.
    public init(code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// One line for people.
    public var description: String { "\(code.rawValue) at byte \(offset)" }
}

/// How much of a Protocol Buffers message is read before it is refused.
public struct ProtobufLimits: Sendable {
    /// Bytes of the whole message.
    public var bytesMax: Int
    /// Levels of maps and arrays in a document.
    public var depthMax: Int

    /// 4 MiB, as a document has at most 1 MiB and an event two of them, and 32 levels where Firestore allows 20
    /// (https://cloud.google.com/firestore/quotas).
    public static let standard = ProtobufLimits(bytesMax: 4 << 20, depthMax: 32)

    /// Limits of one's own.
    public init(bytesMax: Int, depthMax: Int) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
    }
}

/// Reads the fields of one message (https://protobuf.dev/programming-guides/encoding).
public struct ProtobufReader: Sendable {
    /// What stands behind a tag.
    public enum Content: Sendable {
        /// int32, int64, uint64, bool, enum.
        case varint(UInt64)
        /// double, fixed64.
        case fixed64(UInt64)
        /// string, bytes, messages, packed lists.
        case bytes(ArraySlice<UInt8>)
        /// float, fixed32.
        case fixed32(UInt32)
    }

    /// One field with the way back to where it stood.
    public struct Field: Sendable {
        /// The field's number.
        public let number: Int
        /// What it holds.
        public let content: Content
        /// The byte at which its tag stands.
        public let offset: Int

        /// An error that this field is to blame for.
        public func error(_ code: ProtobufError.Code) -> ProtobufError { ProtobufError(code: code, offset: offset) }

        /// A number of seven-bit groups.
        public func varint() throws(ProtobufError) -> UInt64 {
            guard case .varint(let value) = content else { throw error(.malformed) }
            return value
        }

        /// Eight bytes as a double.
        public func double() throws(ProtobufError) -> Double {
            guard case .fixed64(let bits) = content else { throw error(.malformed) }
            return Double(bitPattern: bits)
        }

        /// Bytes, a packed list or a message not read yet.
        public func bytes() throws(ProtobufError) -> ArraySlice<UInt8> {
            guard case .bytes(let bytes) = content else { throw error(.malformed) }
            return bytes
        }

        /// Text.
        public func string() throws(ProtobufError) -> String {
            guard let text = String(validating: try bytes(), as: UTF8.self) else { throw error(.invalidUTF8) }
            return text
        }

        /// A message within.
        public func message() throws(ProtobufError) -> ProtobufReader { ProtobufReader(try bytes()) }
    }

    private let bytes: ArraySlice<UInt8>
    /// The byte that is read next.
    public private(set) var position: Int

    /// Reads from the start of a message.
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Whether the message has no field at all.
    public var isEmpty: Bool { bytes.isEmpty }

    /// Whether all of it was read.
    public var isAtEnd: Bool { position >= bytes.endIndex }

    /// An error at the byte that is read next.
    public func error(_ code: ProtobufError.Code) -> ProtobufError { ProtobufError(code: code, offset: position) }

    /// The next field; nil at the end of the message.
    public mutating func next() throws(ProtobufError) -> Field? {
        guard position < bytes.endIndex else { return nil }
        let offset = position
        let tag = try varint()
        guard (8..<1 << 32).contains(tag) else { throw ProtobufError(code: .malformed, offset: offset) }
        let content: Content
        switch tag & 7 {
        case 0: content = .varint(try varint())
        case 1: content = .fixed64(try fixed(8))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.endIndex - position) else { throw error(.truncated) }
            content = .bytes(bytes[position..<position + Int(count)])
            position += Int(count)
        case 5: content = .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
        // 3 and 4 open and close groups, which no message that is read here has.
        default: throw ProtobufError(code: .malformed, offset: offset)
        }
        return Field(number: Int(tag >> 3), content: content, offset: offset)
    }

    /// One number of seven-bit groups: an element of a packed list.
    public mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.endIndex else { throw error(.truncated) }
            let byte = bytes[position]
            guard shift < 63 || byte <= 1 else { throw error(.malformed) }
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw error(.malformed)
    }

    /// So many bytes, the lowest first: an element of a packed list.
    public mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
        guard count <= bytes.endIndex - position else { throw error(.truncated) }
        defer { position += count }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
        return value
    }
}

/// Reads the fields of one message (https://protobuf.dev/programming-guides/encoding).
struct ProtobufReader {
    /// What stands behind a tag.
    enum Content {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)
    }

    /// One field with the way back to where it stood.
    struct Field {
        let number: Int
        let content: Content
        let offset: Int

        func error(_ code: ProtobufError.Code) -> ProtobufError { ProtobufError(code: code, offset: offset) }

        func varint() throws(ProtobufError) -> UInt64 {
            guard case .varint(let value) = content else { throw error(.malformed) }
            return value
        }

        func double() throws(ProtobufError) -> Double {
            guard case .fixed64(let bits) = content else { throw error(.malformed) }
            return Double(bitPattern: bits)
        }

        func bytes() throws(ProtobufError) -> ArraySlice<UInt8> {
            guard case .bytes(let bytes) = content else { throw error(.malformed) }
            return bytes
        }

        func string() throws(ProtobufError) -> String {
            guard let text = String(validating: try bytes(), as: UTF8.self) else { throw error(.invalidUTF8) }
            return text
        }

        func message() throws(ProtobufError) -> ProtobufReader { ProtobufReader(try bytes()) }
    }

    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isEmpty: Bool { bytes.isEmpty }

    func error(_ code: ProtobufError.Code) -> ProtobufError { ProtobufError(code: code, offset: position) }

    /// The next field; nil at the end of the message.
    mutating func next() throws(ProtobufError) -> Field? {
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
        // 3 and 4 open and close groups, which no message of Google's APIs has.
        default: throw ProtobufError(code: .malformed, offset: offset)
        }
        return Field(number: Int(tag >> 3), content: content, offset: offset)
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
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

    private mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
        guard count <= bytes.endIndex - position else { throw error(.truncated) }
        defer { position += count }
        return bytes[position..<position + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

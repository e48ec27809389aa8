import Testing
import Wire

@Suite struct DocumentsProtobufErrorTests {
    /// A field of bytes.
    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        precondition(number < 16 && content.count < 128)
        return [number << 3 | 2, UInt8(content.count)] + content
    }

    private static let name = field(1, Array("n".utf8))
    private static let times = field(3, []) + field(4, [])

    /// An event whose document has one field of these bytes as its value.
    private static func event(value: [UInt8]) -> [UInt8] {
        let entry = field(1, Array("f".utf8)) + field(2, value)
        return field(1, name + field(2, entry) + times)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let code: ProtobufError.Code
    }

    private static let rows: [Row] = [
        Row(testDescription: "nothing", bytes: [], code: .missingField),
        Row(testDescription: "two empty documents", bytes: field(1, []) + field(2, []), code: .missingField),
        Row(testDescription: "a document without name", bytes: field(1, times), code: .missingField),
        Row(testDescription: "a document without times", bytes: field(1, name), code: .missingField),
        Row(
            testDescription: "value twice",
            bytes: event(value: [0x58, 0]) + event(value: [0x58, 0]),
            code: .duplicateField
        ),
        Row(testDescription: "name twice", bytes: field(1, name + name + times), code: .duplicateField),
        Row(testDescription: "a time twice", bytes: field(1, name + times + times), code: .duplicateField),
        Row(testDescription: "a value of no type", bytes: event(value: []), code: .missingField),
        Row(testDescription: "a value of two types", bytes: event(value: [0x08, 1, 0x10, 1]), code: .duplicateField),
        Row(testDescription: "a value of an unknown type", bytes: event(value: [0x78, 1]), code: .unknownValue),
        Row(testDescription: "a boolean of the wrong wire type", bytes: event(value: [0x0A, 1, 1]), code: .malformed),
        Row(testDescription: "a double of 32 bits", bytes: event(value: [0x1D, 0, 0, 0, 0]), code: .malformed),
        Row(testDescription: "a group", bytes: event(value: [0x0B, 0x0C]), code: .malformed),
        Row(testDescription: "field number 0", bytes: event(value: [0x00, 0]), code: .malformed),
        Row(testDescription: "a varint without end", bytes: event(value: [0x10, 0x80]), code: .truncated),
        Row(
            testDescription: "a varint of 65 bits",
            bytes: event(value: [0x10] + [UInt8](repeating: 0xFF, count: 9) + [2]),
            code: .malformed
        ),
        Row(testDescription: "a length beyond the end", bytes: event(value: [0x2A, 9, 1]), code: .truncated),
        Row(testDescription: "a double cut short", bytes: event(value: [0x19, 1, 2]), code: .truncated),
        Row(
            testDescription: "a reference that is not UTF-8",
            bytes: event(value: [0x2A, 1, 0xFF]),
            code: .invalidUTF8
        ),
        Row(
            testDescription: "nanoseconds beyond a second",
            bytes: event(value: field(10, [0x10, 0x80, 0x94, 0xEB, 0xDC, 0x03])),
            code: .timeOutOfRange
        ),
        Row(
            testDescription: "a time after the year 9999",
            bytes: event(value: field(10, [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01])),
            code: .timeOutOfRange
        ),
        Row(
            testDescription: "one map field twice",
            bytes: event(value: field(6, field(1, field(2, [0x58, 0])) + field(1, field(2, [0x58, 0])))),
            code: .duplicateField
        ),
        Row(
            testDescription: "an entry without value",
            bytes: event(value: field(6, field(1, []))),
            code: .missingField
        ),
    ]

    @Test(arguments: rows)
    func badMessageIsRefused(_ row: Row) throws {
        let error = #expect(throws: ProtobufError.self) { try DocumentEventData(protobuf: row.bytes) }
        #expect(error?.code == row.code)
    }

    @Test func unknownFieldsArePassedOver() throws {
        let unknown: [UInt8] = [0x78, 1, 0x7D, 0, 0, 0, 0, 0x79, 0, 0, 0, 0, 0, 0, 0, 0, 0x7A, 1, 9]
        let plain = try DocumentEventData(protobuf: Self.event(value: [0x08, 1]))
        #expect(try DocumentEventData(protobuf: unknown + Self.event(value: [0x08, 1])) == plain)
        #expect(plain.value?.fields == ["f": .boolean(true)])
    }

    @Test func depthIsBounded() throws {
        func nested(_ depth: Int) -> DocumentEventData {
            let value = (0..<depth).reduce(DocumentValue.null) { inner, _ in .array([inner]) }
            let time = Timestamp(seconds: 0)
            return DocumentEventData(
                value: Document(name: "n", fields: ["f": value], createTime: time, updateTime: time)
            )
        }
        #expect(try DocumentEventData(protobuf: nested(32).protobuf) == nested(32))
        let error = #expect(throws: ProtobufError.self) { try DocumentEventData(protobuf: nested(33).protobuf) }
        #expect(error?.code == .tooDeep)
    }

    @Test func sizeIsBounded() throws {
        let bytes = Self.event(value: [0x08, 1])
        let limits = ProtobufLimits(bytesMax: bytes.count - 1, depthMax: 32)
        let error = #expect(throws: ProtobufError.self) { try DocumentEventData(protobuf: bytes, limits: limits) }
        #expect(error?.code == .tooLarge)
    }

    @Test func jsonWithoutDocumentIsRefused() throws {
        for text in ["{}", #"{"value": {}}"#, #"{"value": 1}"#, #"{"value": {"name": "n"}}"#] {
            #expect(throws: JSONTypeError.self) { try DocumentEventData(JSONReader(JSON(parsing: text))) }
        }
    }
}

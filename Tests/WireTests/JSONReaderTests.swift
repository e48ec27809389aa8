import Testing
import Wire

@Suite struct JSONReaderTests {
    private let reader = JSONReader(
        [
            "a": [1, ["b/c~d": "text"], nil], "n": 5, "half": 0.5, "flag": true, "time": "2026-11-21T02:52:07Z",
            "bytes": "AAH/",
        ]
    )

    @Test func typesRead() throws {
        #expect(try reader["n"].int() == 5)
        #expect(try reader["n"].integer(in: 5...5) == 5)
        #expect(try reader["n"].double() == 5)
        #expect(try reader["half"].double() == 0.5)
        #expect(try reader["flag"].bool())
        #expect(try reader["time"].timestamp() == Timestamp(seconds: 1_795_229_527))
        #expect(try reader["bytes"].base64() == [0, 1, 255])
        #expect(try reader["a"].array()[1]["b/c~d"].string() == "text")
        #expect(try JSONReader([1, 0.5, -3]).doubles() == [1, 0.5, -3])
        #expect(try JSONReader([]).doubles() == [])
        #expect(try reader.members().map(\.name) == ["a", "bytes", "flag", "half", "n", "time"])
        #expect(reader["none"].optional == nil && reader["n"].optional != nil)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let expected: JSONTypeError
        let read: @Sendable (JSONReader) throws -> Void
    }

    private static func row(
        _ pointer: String,
        _ expected: String,
        _ found: String,
        _ read: @escaping @Sendable (JSONReader) throws -> Void
    ) -> Row {
        let error = JSONReader(.null, pointer: pointer).mismatch(expected, found: found)
        return Row(testDescription: error.description, expected: error, read: read)
    }

    private static let rows: [Row] = [
        row("/none", "a string", "nothing") { _ = try $0["none"].string() },
        row("/a/2", "a string", "nothing") { _ = try $0["a"].array()[2].string() },
        row("/a/1/b~1c~0d", "an integer", "string") { _ = try $0["a"].array()[1]["b/c~d"].integer() },
        row("/half", "an integer", "number") { _ = try $0["half"].int() },
        row("/n", "an integer from 0 to 4", "5") { _ = try $0["n"].int(in: 0...4) },
        row("/n", "a boolean", "integer") { _ = try $0["n"].bool() },
        row("/flag", "a number", "boolean") { _ = try $0["flag"].double() },
        row("/n", "an array", "integer") { _ = try $0["n"].array() },
        row("/n", "an array", "integer") { _ = try $0["n"].doubles() },
        row("/a/1", "a number", "object") { _ = try $0["a"].doubles() },
        row("/a", "an object", "array") { _ = try $0["a"].members() },
        row("/bytes", "an RFC 3339 time", "string") { _ = try $0["bytes"].timestamp() },
        row("/time", "base64", "string") { _ = try $0["time"].base64() },
        row("/none/deeper", "a string", "nothing") { _ = try $0["none"]["deeper"].string() },
        row("", "a string", "object") { _ = try $0.string() },
    ]

    @Test(arguments: rows)
    func whatIsNotWantedIsNamedWithItsPointer(_ row: Row) {
        #expect(throws: row.expected) { try row.read(reader) }
    }

    @Test func messagesNameTheDocument() {
        #expect(reader.mismatch("a string").description == "the document: wanted a string, found object")
        #expect(reader["n"].mismatch("a string").description == "/n: wanted a string, found integer")
    }
}

import Testing
import Wire

@Suite struct DocumentsJSONTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let value: DocumentValue
        let json: JSON

        var testDescription: String { json.serialized() }

        init(_ value: DocumentValue, _ json: JSON) {
            self.value = value
            self.json = json
        }
    }

    private static let rows: [Row] = [
        Row(.null, ["nullValue": nil]), Row(.boolean(false), ["booleanValue": false]),
        Row(.integer(.min), ["integerValue": "-9223372036854775808"]), Row(.double(1.5), ["doubleValue": 1.5]),
        Row(.double(.infinity), ["doubleValue": "Infinity"]), Row(.double(-.infinity), ["doubleValue": "-Infinity"]),
        Row(.string(""), ["stringValue": ""]), Row(.bytes([0, 255]), ["bytesValue": "AP8="]),
        Row(.timestamp(Timestamp(seconds: 0, nanoseconds: 1000)), ["timestampValue": "1970-01-01T00:00:00.000001Z"]),
        Row(
            .reference("projects/p/databases/d/documents/c/i"),
            ["referenceValue": "projects/p/databases/d/documents/c/i"]
        ),
        Row(.geoPoint(latitude: -1.5, longitude: 2.5), ["geoPointValue": ["latitude": -1.5, "longitude": 2.5]]),
        Row(.array([.null, .integer(1)]), ["arrayValue": ["values": [["nullValue": nil], ["integerValue": "1"]]]]),
        Row(.map(["a": .boolean(true)]), ["mapValue": ["fields": ["a": ["booleanValue": true]]]]),
    ]

    @Test(arguments: rows)
    func valuesHaveTheFormOfTheAPI(_ row: Row) throws {
        #expect(row.value.json == row.json)
        #expect(try DocumentValue(JSONReader(row.json)) == row.value)
    }

    @Test func whatTheAPILeavesOutReads() throws {
        #expect(try DocumentValue(JSONReader(["arrayValue": [:]])) == .array([]))
        #expect(try DocumentValue(JSONReader(["mapValue": [:]])) == .map([:]))
        #expect(try DocumentValue(JSONReader(["geoPointValue": [:]])) == .geoPoint(latitude: 0, longitude: 0))
        #expect(try DocumentValue(JSONReader(["integerValue": 7])) == .integer(7))
        let nan = try DocumentValue(JSONReader(["doubleValue": "NaN"]))
        guard case .double(let number) = nan else { throw TestFailure(text: "not a double") }
        #expect(number.isNaN && nan.json == ["doubleValue": "NaN"])
    }

    @Test(
        arguments: [
            [:], ["integerValue": "x"], ["integerValue": "9223372036854775808"], ["booleanValue": "true"],
            ["timestampValue": "now"], ["bytesValue": "a"], ["otherValue": 1],
            ["stringValue": "a", "integerValue": "1"],
            ["mapValue": ["fields": ["a": 1]]], ["arrayValue": ["values": [[:]]]], "text",
        ] as [JSON]
    )
    func whatIsNoValueIsRefused(_ json: JSON) {
        #expect(throws: JSONTypeError.self) { try DocumentValue(JSONReader(json)) }
    }

    @Test func pointersReachIntoMaps() {
        let json: JSON = ["mapValue": ["fields": ["a/b": ["integerValue": "x"]]]]
        let expected = JSONReader(.null, pointer: "/mapValue/fields/a~1b/integerValue")
            .mismatch("a 64-bit integer", found: "x")
        #expect(throws: expected) { try DocumentValue(JSONReader(json)) }
    }

    @Test func documentsComeBack() throws {
        let time = Timestamp(seconds: 1_795_229_527, nanoseconds: 379_000_000)
        let document = Document(
            name: "projects/p/databases/d/documents/c/i",
            fields: ["a": .integer(1)],
            createTime: time,
            updateTime: time + .seconds(1)
        )
        #expect(try Document(JSONReader(document.json)) == document)
        #expect(document.json["createTime"] == "2026-11-21T02:52:07.379Z")
        #expect(throws: JSONTypeError.self) { try Document(JSONReader(["name": "n"])) }
    }
}

import CloudEvents
import Testing
import Wire

@Suite struct EventDecodingTests {
    private static let attributes: [(String, String)] = [
        ("ce-specversion", "1.0"), ("ce-id", "e1"), ("ce-source", "//storage.googleapis.com/projects/_/buckets/b"),
        ("ce-type", "google.cloud.storage.object.v1.finalized"),
    ]

    private static func binary(_ more: [(String, String)] = [], without: String = "", body: String = "{}")
        -> FunctionRequest
    {
        let headers = attributes.filter { $0.0 != without } + [("content-type", "application/json")] + more
        return FunctionRequest(headers: HTTPHeaders(headers), body: Array(body.utf8))
    }

    private static func structured(_ body: String, type: String = "application/cloudevents+json") -> FunctionRequest {
        FunctionRequest(headers: ["content-type": type], body: Array(body.utf8))
    }

    private static func members(_ more: String) -> String {
        #"{"specversion":"1.0","id":"e1","source":"s","type":"t""# + more + "}"
    }

    @Test func binaryModeReads() throws {
        let request = Self.binary(
            [("CE-Subject", "objects/a%20b%2F%C3%BC"), ("ce-time", "2026-11-21T02:52:07.379Z"), ("ce-bucket", "b")],
            body: #"{"name":"a"}"#
        )
        let expected = CloudEvent(
            id: "e1",
            source: "//storage.googleapis.com/projects/_/buckets/b",
            type: "google.cloud.storage.object.v1.finalized",
            subject: "objects/a b/ü",
            time: Timestamp(rfc3339: "2026-11-21T02:52:07.379Z"),
            dataContentType: "application/json",
            extensions: ["bucket": "b"],
            data: Array(#"{"name":"a"}"#.utf8)
        )
        #expect(try IncomingEvent(request) == .cloudEvent(expected))
        #expect(try expected.json() == ["name": "a"])
    }

    @Test func structuredModeReads() throws {
        let body = Self.members(#","datacontenttype":"application/json","attempt":3,"late":true,"data":{"b":1,"a":[]}"#)
        let expected = CloudEvent(
            id: "e1",
            source: "s",
            type: "t",
            dataContentType: "application/json",
            extensions: ["attempt": "3", "late": "true"],
            data: Array(#"{"a":[],"b":1}"#.utf8)
        )
        #expect(try IncomingEvent(Self.structured(body)) == .cloudEvent(expected))
        let type = "Application/CloudEvents+JSON; charset=utf-8"
        #expect(try IncomingEvent(Self.structured(body, type: type)) == .cloudEvent(expected))
    }

    @Test func structuredDataComesInThreeForms() throws {
        func data(_ members: String) throws -> [UInt8] {
            guard case .cloudEvent(let event) = try IncomingEvent(Self.structured(Self.members(members))) else {
                return []
            }
            return event.data
        }
        #expect(try data("").isEmpty)
        #expect(try data(#","data_base64":"AAH/""#) == [0, 1, 255])
        #expect(try data(#","data":"text""#) == Array(#""text""#.utf8))
        #expect(try data(#","datacontenttype":"text/plain","data":"text""#) == Array("text".utf8))
    }

    @Test func anythingElseThatIsAnObjectIsScheduled() throws {
        let body = #"{"task":"prune","dry_run":true}"#
        let types = ["application/json; charset=utf-8", "application/x+json", "application/octet-stream"]
        for type in types {
            let request = Self.structured(body, type: type)
            #expect(try IncomingEvent(request) == .scheduled(["task": "prune", "dry_run": true]))
        }
        #expect(try IncomingEvent(FunctionRequest(body: Array("{}".utf8))) == .scheduled([:]))
    }

    private static func from(_ origins: String..., type: String? = "application/json") -> FunctionRequest {
        var headers = HTTPHeaders(origins.map { ("Origin", $0) })
        if let type { headers.add("content-type", type) }
        return FunctionRequest(headers: headers, body: Array("{}".utf8))
    }

    @Test(arguments: ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:80"])
    func pagesOfThisMachineMaySend(origin: String) throws {
        #expect(try IncomingEvent(Self.from(origin)) == .scheduled([:]))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: FunctionRequest
        let code: EventError.Code

        init(_ description: String, _ code: EventError.Code, _ request: FunctionRequest) {
            testDescription = description
            self.request = request
            self.code = code
        }
    }

    private static let binaryRows: [Row] = [
        Row("no id", .attributeMissing, binary(without: "ce-id")),
        Row("no source", .attributeMissing, binary(without: "ce-source")),
        Row("no type", .attributeMissing, binary(without: "ce-type")),
        Row("no specversion", .attributeMissing, binary(without: "ce-specversion")),
        Row("an empty id", .attributeMissing, binary([("ce-id", "")], without: "ce-id")),
        Row("version 0.3", .specVersionUnsupported, binary([("ce-specversion", "0.3")], without: "ce-specversion")),
        Row("the id twice", .attributeMalformed, binary([("CE-ID", "e2")])),
        Row("a percent sign alone", .attributeMalformed, binary([("ce-subject", "100%")])),
        Row("bytes that are not UTF-8", .attributeMalformed, binary([("ce-subject", "%FF")])),
        Row("a time that is none", .attributeMalformed, binary([("ce-time", "yesterday")])),
        Row("a day that is none", .attributeMalformed, binary([("ce-time", "2026-02-30T00:00:00Z")])),
        Row("GET", .methodNotAllowed, FunctionRequest(method: "GET")),
        Row("PUT", .methodNotAllowed, FunctionRequest(method: "PUT")),
    ]

    private static let structuredRows: [Row] = [
        Row("no JSON", .bodyMalformed, structured("{")),
        Row("an array", .bodyMalformed, structured("[]")),
        Row("one name twice", .bodyMalformed, structured(#"{"id":"a","id":"b"}"#)),
        Row("data and data_base64", .bodyMalformed, structured(members(#","data":1,"data_base64":"""#))),
        Row("data_base64 that is none", .bodyMalformed, structured(members(#","data_base64":"a""#))),
        Row("data_base64 that is a number", .bodyMalformed, structured(members(#","data_base64":1"#))),
        Row("an attribute that is an object", .attributeMalformed, structured(members(#","x":{}"#))),
        Row("an attribute with a fraction", .attributeMalformed, structured(members(#","x":0.5"#))),
        Row("a null id", .attributeMissing, structured(#"{"specversion":"1.0","id":null,"source":"s","type":"t"}"#)),
        Row(
            "a numeric version",
            .specVersionUnsupported,
            structured(#"{"specversion":1,"id":"i","source":"s","type":"t"}"#)
        ),
        Row("a batch", .batchUnsupported, structured("[]", type: "application/cloudevents-batch+json")),
        Row("Avro", .batchUnsupported, structured("", type: "application/cloudevents+avro")),
        Row("no event at all", .bodyMalformed, FunctionRequest(body: Array("hello".utf8))),
        Row("nothing", .bodyMalformed, FunctionRequest()),
        Row("a JSON number", .bodyMalformed, FunctionRequest(body: Array("1".utf8))),
    ]

    /// What a browser sends for any web page without asking first.
    private static let pageRows: [Row] = [
        Row("text", .contentTypeUnsupported, structured("{}", type: "text/plain;charset=UTF-8")),
        Row("a form", .contentTypeUnsupported, structured("{}", type: "application/x-www-form-urlencoded")),
        Row("a form of parts", .contentTypeUnsupported, structured("{}", type: "multipart/form-data; boundary=b")),
        Row("a page's untyped bytes", .contentTypeUnsupported, from("http://localhost", type: nil)),
        Row("another site", .originRefused, from("https://example.com")),
        Row("another site, untyped", .originRefused, from("https://example.com", type: nil)),
        Row("a page of no site", .originRefused, from("null")),
        Row("two origins", .originRefused, from("http://localhost", "https://example.com")),
        Row("an event of another site", .originRefused, binary([("origin", "http://localhost.example.com")])),
    ]

    @Test(arguments: binaryRows + structuredRows + pageRows)
    func whatIsNoEventIsRefused(_ row: Row) throws {
        let error = #expect(throws: EventError.self) { try IncomingEvent(row.request) }
        #expect(error?.code == row.code)
    }
}

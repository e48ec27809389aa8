import Testing
import Wire

@testable import LocalCloud

@Suite struct QueryTests {
    /// One document of each type in `f`, its id telling its place in the order of types; `none` has no `f`.
    private static let values: [(id: String, value: DocumentValue)] = [
        ("00", .null), ("01", .boolean(false)), ("02", .boolean(true)), ("03", .double(.nan)), ("04", .integer(-1)),
        ("05", .double(0.5)), ("06", .integer(1)), ("07", .integer(Int64.max)),
        ("08", .timestamp(Timestamp(seconds: 1))), ("09", .string("B")), ("10", .string("a")), ("11", .string("é")),
        ("12", .bytes([1])), ("13", .reference("projects/local/databases/(default)/documents/a/b")),
        ("14", .geoPoint(latitude: 1, longitude: 2)), ("15", .array([.integer(1)])),
        ("16", .array([.integer(1), .integer(2)])), ("17", .map(["a": .integer(1)])),
    ]

    private func ids(_ cloud: TestCloud, _ query: JSON) async throws -> [String] {
        guard case .object(var members) = query else { return [] }
        members["from"] = [["collectionId": "q"]]
        let answer = try await cloud.client.send(
            "POST",
            "/v1/\(documentsRoot):runQuery",
            ["structuredQuery": .object(members)]
        )
        guard answer.status == 200, case .array(let rows) = answer.json else { return ["HTTP \(answer.status)"] }
        return rows.compactMap { $0["document"]?["name"]?.stringValue?.split(separator: "/").last.map { String($0) } }
    }

    private func filled(_ body: (TestCloud) async throws -> Void) async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let writes = Self.values.map { TestCloud.update("q/\($0.id)", ["f": $0.value.json]) }
            _ = try await cloud.client.send(
                "POST",
                "/v1/\(documentsRoot):commit",
                ["writes": .array(writes + [TestCloud.update("q/none", [:])])]
            )
            try await body(cloud)
        }
    }

    private static func field(_ comparison: String, _ value: DocumentValue) -> JSON {
        ["fieldFilter": ["field": ["fieldPath": "f"], "op": .string(comparison), "value": value.json]]
    }

    @Test func filters() async throws {
        let cases: [(filter: JSON, ids: [String])] = [
            (Self.field("EQUAL", .double(1)), ["06"]),
            (Self.field("EQUAL", .null), ["00"]),
            (Self.field("LESS_THAN", .integer(1)), ["03", "04", "05"]),
            (Self.field("GREATER_THAN_OR_EQUAL", .integer(1)), ["06", "07"]),
            (Self.field("GREATER_THAN", .string("B")), ["10", "11"]),
            (Self.field("IN", .array([.string("a"), .boolean(true)])), ["02", "10"]),
            (Self.field("ARRAY_CONTAINS", .integer(2)), ["16"]),
            (Self.field("ARRAY_CONTAINS_ANY", .array([.integer(1), .integer(9)])), ["15", "16"]),
            (["unaryFilter": ["field": ["fieldPath": "f"], "op": "IS_NAN"]], ["03"]),
            (["unaryFilter": ["field": ["fieldPath": "f"], "op": "IS_NULL"]], ["00"]),
            (
                [
                    "compositeFilter": [
                        "op": "OR",
                        "filters": [Self.field("EQUAL", .string("a")), Self.field("EQUAL", .boolean(false))],
                    ]
                ],
                ["01", "10"]
            ),
            (
                [
                    "compositeFilter": [
                        "op": "AND",
                        "filters": [Self.field("GREATER_THAN", .integer(-1)), Self.field("LESS_THAN", .integer(1))],
                    ]
                ],
                ["05"]
            ),
            (Self.field("IN", .array([])), ["HTTP 400"]),
            (Self.field("LIKE", .null), ["HTTP 400"]),
        ]
        try await filled { (cloud: TestCloud) async throws in
            for (filter, expected) in cases {
                #expect(try await ids(cloud, ["where": filter]) == expected, "\(filter.serialized())")
            }
            let notEqual = try await ids(cloud, ["where": Self.field("NOT_EQUAL", .string("a"))])
            #expect(notEqual == Self.values.map(\.id).filter { $0 != "00" && $0 != "10" })
            let notIn = Self.field("NOT_IN", .array([.string("a"), .boolean(true)]))
            #expect(try await ids(cloud, ["where": notIn]).count == Self.values.count - 3)
        }
    }

    @Test func ordersAndCuts() async throws {
        let ascending: JSON = [["field": ["fieldPath": "f"]]]
        let descending: JSON = [["field": ["fieldPath": "f"], "direction": "DESCENDING"]]
        let all = Self.values.map(\.id)
        try await filled { (cloud: TestCloud) async throws in
            #expect(try await ids(cloud, ["orderBy": ascending]) == all)
            #expect(try await ids(cloud, ["orderBy": descending]) == all.reversed())
            #expect(try await ids(cloud, [:]) == all + ["none"])
            #expect(try await ids(cloud, ["orderBy": ascending, "offset": 2, "limit": 2]) == ["02", "03"])
            let half = DocumentValue.double(0.5).json
            func cut(_ name: String, before: Bool) -> JSON {
                .object(["orderBy": ascending, name: ["values": [half], "before": .bool(before)]])
            }
            #expect(try await ids(cloud, cut("startAt", before: true)).first == "05")
            #expect(try await ids(cloud, cut("startAt", before: false)).first == "06")
            #expect(try await ids(cloud, cut("endAt", before: true)).last == "04")
            #expect(try await ids(cloud, cut("endAt", before: false)).last == "05")
        }
    }

    @Test func integersAndDoublesCompareExactly() {
        let large = Int64(1) << 53
        #expect(ValueOrder.compare(.integer(large + 1), .double(Double(large))) == .greater)
        #expect(ValueOrder.compare(.integer(.max), .double(9_223_372_036_854_775_808)) == .less)
        #expect(ValueOrder.compare(.integer(.min), .double(-9_223_372_036_854_775_808)) == .equal)
        #expect(ValueOrder.compare(.integer(-1), .double(-0.5)) == .less)
        #expect(ValueOrder.compare(.double(-0.0), .integer(0)) == .equal)
        #expect(ValueOrder.compare(.string("e\u{301}"), .string("é")) != .equal)
    }

    @Test(arguments: ["", "n", "n%20desc"]) func pagesGoOnBehindADocumentThatIsGone(order: String) async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            for index in 0..<5 {
                let n: JSON = ["n": ["integerValue": .string("\(index / 2)")]]
                _ = try await cloud.commit(TestCloud.update("p/d\(index)", n))
            }
            func page(_ token: String) async throws -> (names: [String], next: String) {
                let target = "/v1/\(documentsRoot)/p?pageSize=2&orderBy=\(order)&pageToken=\(token)"
                let answer = try await cloud.client.send("GET", target).json
                guard case .array(let documents) = answer["documents"] else { return ([], "") }
                return (documents.compactMap { $0["name"]?.stringValue }, answer["nextPageToken"]?.stringValue ?? "")
            }
            var all: [String] = []
            var token = ""
            repeat {
                let (names, next) = try await page(token)
                all += names
                token = next
                if let last = names.last, !next.isEmpty { _ = try await cloud.commit(["delete": .string(last)]) }
            } while !token.isEmpty && all.count < 20
            let sorted = (0..<5).map { "\(documentsRoot)/p/d\($0)" }
            #expect(order == "n%20desc" ? all == sorted.reversed() : all == sorted)
        }
    }

    @Test func refusesPageTokensThatAreNotOurs() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            for token in ["!", "bm9uZQ", "W10", "W3sibiI6MX1d"] {
                let answer = try await cloud.client.send("GET", "/v1/\(documentsRoot)/p?pageToken=\(token)")
                #expect(answer.rpcStatus == "INVALID_ARGUMENT", "\(token)")
            }
        }
    }
}

import Testing
import Wire

@testable import LocalCloud

@Suite struct DocumentTests {
    /// What a precondition answers where the document is there and where it is not.
    static let preconditions: [(condition: String, exists: Bool, status: Int, rpc: String?)] = [
        ("currentDocument.exists=true", true, 200, nil),
        ("currentDocument.exists=true", false, 404, "NOT_FOUND"),
        ("currentDocument.exists=false", true, 409, "ALREADY_EXISTS"),
        ("currentDocument.exists=false", false, 200, nil),
        ("currentDocument.updateTime={t}", true, 200, nil),
        ("currentDocument.updateTime=2020-01-01T00:00:00Z", true, 400, "FAILED_PRECONDITION"),
        ("currentDocument.updateTime=2020-01-01T00:00:00Z", false, 400, "FAILED_PRECONDITION"),
        ("currentDocument.updateTime=yesterday", true, 400, "INVALID_ARGUMENT"),
    ]

    @Test(arguments: preconditions)
    func checksPreconditions(condition: String, exists: Bool, status: Int, rpc: String?) async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            var updateTime = ""
            if exists {
                let made = try await cloud.commit(TestCloud.update("jobs/j", ["a": ["integerValue": "1"]]))
                updateTime = made.json["commitTime"]?.stringValue ?? ""
            }
            for method in ["PATCH", "DELETE"] where status != 200 || method == "DELETE" {
                let answer = try await cloud.client.send(
                    method,
                    "/v1/\(documentsRoot)/jobs/j?\(condition.replacing("{t}", with: updateTime))",
                    method == "PATCH" ? ["fields": [:]] : [:]
                )
                #expect(answer.status == status)
                #expect(answer.rpcStatus == rpc)
            }
        }
    }

    @Test func commitsAllOrNothing() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let answer = try await cloud.commit(
                TestCloud.update("jobs/a", [:]),
                TestCloud.update("jobs/b", [:], currentDocument: ["exists": true])
            )
            #expect(answer.rpcStatus == "NOT_FOUND")
            #expect(try await cloud.client.send("GET", "/v1/\(documentsRoot)/jobs/a").status == 404)
            let verified = try await cloud.commit(
                TestCloud.update("jobs/a", [:]),
                ["verify": .string("\(documentsRoot)/jobs/a"), "currentDocument": ["exists": true]]
            )
            #expect(verified.status == 200)
        }
    }

    @Test func updateTimesRiseThoughTheClockStandsStill() async throws {
        try await TestCloud.run(clock: ManualClock()) { (cloud: TestCloud) async throws in
            var last = Timestamp(seconds: 0)
            for number in 0..<3 {
                let write = TestCloud.update("jobs/j", ["n": ["integerValue": .string("\(number)")]])
                let text = try await cloud.commit(write).json["commitTime"]?.stringValue
                let time = try #require(text.flatMap { Timestamp(rfc3339: $0) })
                #expect(time > last)
                last = time
            }
            // What changes nothing leaves the time as it is.
            let same = try await cloud.commit(TestCloud.update("jobs/j", ["n": ["integerValue": "2"]]))
            guard case .array(let results) = same.json["writeResults"] else { return #expect(Bool(false)) }
            #expect(results.first?["updateTime"]?.stringValue == last.description)
        }
    }

    @Test func readTimesAreNotBeforeWhatIsReadThoughTheClockGoesBack() async throws {
        let clock = ManualClock()
        try await TestCloud.run(clock: clock) { (cloud: TestCloud) async throws in
            let names: JSON = [.string("\(documentsRoot)/jobs/j"), .string("\(documentsRoot)/jobs/none")]
            let query: JSON = ["from": [["collectionId": "jobs"]]]
            func times() async throws -> [Timestamp] {
                let batch = try await cloud.client.send("POST", "/v1/\(documentsRoot):batchGet", ["documents": names])
                let page = try await cloud.client.send(
                    "POST",
                    "/v1/\(documentsRoot):runQuery",
                    ["structuredQuery": query]
                )
                let rows = try JSONReader(batch.json).array() + JSONReader(page.json).array()
                return try rows.map { try $0["readTime"].timestamp() }
            }
            clock.advance(by: .seconds(100))
            _ = try await cloud.commit(TestCloud.update("jobs/j", [:]))
            let written = clock.now()
            clock.advance(by: .seconds(-50))
            #expect(try await times() == [written, written, written])
            clock.advance(by: .seconds(70))
            #expect(try await times() == [clock.now(), clock.now(), clock.now()])
        }
    }

    @Test func transforms() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            func apply(_ transform: JSON, to value: JSON?) async throws -> JSON? {
                let name = JSON.string("\(documentsRoot)/t/t")
                let fields: JSON = value.map { ["f": $0] } ?? [:]
                var write: [String: JSON] = ["update": ["name": name, "fields": fields]]
                write["updateTransforms"] = [transform]
                #expect(try await cloud.commit(.object(write)).status == 200)
                return try await cloud.client.send("GET", "/v1/\(documentsRoot)/t/t").json["fields"]?["f"]
            }
            func integer(_ number: Int64) -> JSON { ["integerValue": .string("\(number)")] }
            func array(_ numbers: Int64...) -> JSON { ["arrayValue": ["values": .array(numbers.map { integer($0) })]] }
            let one: JSON = ["fieldPath": "f", "increment": integer(1)]
            #expect(try await apply(one, to: integer(41)) == integer(42))
            #expect(try await apply(one, to: integer(.max)) == integer(.max))
            #expect(try await apply(one, to: ["doubleValue": 0.5]) == ["doubleValue": 1.5])
            #expect(try await apply(one, to: ["stringValue": "x"]) == integer(1))
            #expect(try await apply(one, to: nil) == integer(1))
            #expect(try await apply(["fieldPath": "f", "maximum": integer(3)], to: ["doubleValue": 2.5]) == integer(3))
            #expect(try await apply(["fieldPath": "f", "minimum": integer(3)], to: integer(2)) == integer(2))
            let append: JSON = ["fieldPath": "f", "appendMissingElements": ["values": [integer(1), integer(2)]]]
            #expect(try await apply(append, to: array(3, 1)) == array(3, 1, 2))
            let remove: JSON = ["fieldPath": "f", "removeAllFromArray": ["values": [integer(1)]]]
            #expect(try await apply(remove, to: array(1, 2, 1)) == array(2))
            let time: JSON = ["fieldPath": "f", "setToServerValue": "REQUEST_TIME"]
            #expect(try await apply(time, to: nil)?["timestampValue"] != nil)
        }
    }

    @Test func masksNameFieldsInMaps() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let map: JSON = ["mapValue": ["fields": ["x": ["integerValue": "1"], "y.z": ["integerValue": "2"]]]]
            _ = try await cloud.commit(TestCloud.update("m/m", ["a": map, "b": ["booleanValue": true]]))
            let target = "/v1/\(documentsRoot)/m/m"
            let mask = PercentEncoding.encode("a.`y.z`")
            let answer = try await cloud.client.send(
                "PATCH",
                "\(target)?updateMask.fieldPaths=\(mask)",
                ["fields": [:]]
            )
            #expect(answer.json["fields"]?["a"] == ["mapValue": ["fields": ["x": ["integerValue": "1"]]]])
            #expect(answer.json["fields"]?["b"] == ["booleanValue": true])
            #expect(try await cloud.client.send("GET", "\(target)?mask.fieldPaths=a..b").status == 400)
        }
    }

    @Test func keepsToItsLimits() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            func commit(_ count: Int) async throws -> Int {
                let writes = (0..<count).map { TestCloud.update("w/w\($0)", [:]) }
                return try await cloud.client.send(
                    "POST",
                    "/v1/\(documentsRoot):commit",
                    ["writes": .array(writes)]
                ).status
            }
            #expect(try await commit(LocalCloudLimits.commitWritesMax) == 200)
            #expect(try await commit(LocalCloudLimits.commitWritesMax + 1) == 400)
            func write(_ bytes: Int) async throws -> Int {
                let text = JSON.string(String(repeating: "x", count: bytes))
                return try await cloud.commit(TestCloud.update("s/s", ["f": ["stringValue": text]])).status
            }
            // The name, 32 bytes more, the field's name and the text, each with one byte more.
            let overhead = documentsRoot.utf8.count + 4 + 1 + 32 + 2 + 1
            #expect(try await write(LocalCloudLimits.documentBytesMax - overhead) == 200)
            #expect(try await write(LocalCloudLimits.documentBytesMax - overhead + 1) == 400)
            for path in ["s", "s/..", "s/__x__", "s/a/b", "s/" + String(repeating: "x", count: 1501)] {
                #expect(try await cloud.commit(TestCloud.update(path, [:])).rpcStatus == "INVALID_ARGUMENT")
            }
        }
    }

    @Test func transactionsAbortOverWhatChanged() async throws {
        let clock = ManualClock()
        try await TestCloud.run(clock: clock) { (cloud: TestCloud) async throws in
            func begin() async throws -> String {
                let answer = try await cloud.client.send("POST", "/v1/\(documentsRoot):beginTransaction", [:])
                return answer.json["transaction"]?.stringValue ?? ""
            }
            func read(_ path: String, in transaction: String) async throws -> Int {
                let id = PercentEncoding.encode(transaction)
                return try await cloud.client.send("GET", "/v1/\(documentsRoot)/\(path)?transaction=\(id)").status
            }
            func query(in transaction: String) async throws {
                let body: JSON = [
                    "structuredQuery": ["from": [["collectionId": "t"]]], "transaction": .string(transaction),
                ]
                _ = try await cloud.client.send("POST", "/v1/\(documentsRoot):runQuery", body)
            }
            let other = TestCloud.update("other/o", [:])
            let missing = try await begin()
            #expect(try await read("t/a", in: missing) == 404)
            let phantom = try await begin()
            try await query(in: phantom)
            let calm = try await begin()
            #expect(try await read("u/u", in: calm) == 404)
            _ = try await cloud.commit(TestCloud.update("t/a", [:]))
            #expect(try await cloud.commit(other, transaction: missing).rpcStatus == "ABORTED")
            #expect(try await cloud.commit(other, transaction: phantom).rpcStatus == "ABORTED")
            #expect(try await cloud.commit(other, transaction: calm).status == 200)
            #expect(try await cloud.commit(other, transaction: calm).rpcStatus == "INVALID_ARGUMENT")
            let late = try await begin()
            clock.advance(by: .seconds(LocalCloudLimits.transactionSeconds))
            #expect(try await cloud.commit(other, transaction: late).rpcStatus == "INVALID_ARGUMENT")
        }
    }
}

import GoogleCloud
import SignalboxCore
import Testing
import Wire

@Suite("Firestore")
struct FirestoreTests {
    typealias Script = ScriptedTransport
    static let time = Timestamp(seconds: 1_780_000_000, nanoseconds: 123_456_000)

    static func document(_ path: String, _ fields: [String: DocumentValue], at time: Timestamp = time) -> JSON {
        Document(
            name: "projects/p/databases/(default)/documents/\(path)",
            fields: fields,
            createTime: time,
            updateTime: time
        ).json
    }

    static let readTime = JSON.string(time.description)

    static let committed = Script.answer(
        200,
        ["commitTime": .string(time.description), "writeResults": [["updateTime": .string(time.description)]]]
    )

    static let root = "projects/p/databases/(default)/documents"

    @Test("reads a document with the service's time, and nil for one that is not there")
    func read() async throws {
        let later = Self.time + .seconds(3)
        let found: JSON = [
            "found": Self.document("jobs/a b", ["n": .integer(7)]), "readTime": .string(later.description),
        ]
        let missing: JSON = ["missing": .string("\(Self.root)/jobs/x"), "readTime": .string(later.description)]
        let service = ScriptedService([Script.answer(200, [found]), Script.answer(200, [missing])])
        let read = try await service.firestore.read("jobs/a b")
        #expect(read.document?.fields == ["n": .integer(7)])
        #expect(read.readTime == later)
        #expect(try await service.firestore.read("jobs/x") == DocumentRead(document: nil, readTime: later))
        let sent = try #require(service.transport.sent.first)
        #expect(sent.url == "http://fs/v1/\(Self.root):batchGet")
        #expect(sent.json == ["documents": [.string("\(Self.root)/jobs/a b")]])
        #expect(sent.headers["authorization"] == "Bearer owner")
    }

    @Test(
        "an answer that leaves out the document or the time tells nothing",
        arguments: [
            [], [["readTime": "2026-01-01T00:00:00Z"]], [["missing": .string("\(root)/jobs/a")]],
            [["missing": .string("\(root)/jobs/other"), "readTime": "2026-01-01T00:00:00Z"]],
            [["missing": .string("\(root)/jobs/a"), "readTime": "yesterday"]],
        ] as [[JSON]]
    )
    func unansweredRead(_ elements: [JSON]) async {
        let service = ScriptedService([Script.answer(200, .array(elements))])
        #expect(await code { _ = try await service.firestore.read("jobs/a") } == .unavailable)
    }

    @Test("a missing database is not a missing document")
    func missingDatabase() async {
        let message = "The database (default) does not exist for project p."
        let service = ScriptedService([
            Script.answer(404, ["error": ["status": "NOT_FOUND", "message": .string(message)]])
        ])
        #expect(await code { _ = try await service.firestore.get("jobs/x") } == .notFound)
    }

    @Test("writes commits as the API has them")
    func commit() async throws {
        let service = ScriptedService([Self.committed])
        let transforms: [String: FieldTransform] = [
            "at": .serverTime, "n": .increment(.integer(2)), "tags": .appendMissing([.string("x")]),
        ]
        let result = try await service.firestore.commit([
            .set(
                "jobs/a",
                ["s": .string("v")],
                mask: ["s", "lease.end-time"],
                transforms: transforms,
                if: .exists(true)
            )
        ])
        #expect(result == CommitResult(commitTime: Self.time, updateTimes: [Self.time]))
        let name: JSON = "projects/p/databases/(default)/documents/jobs/a"
        let write: JSON = [
            "update": ["name": name, "fields": ["s": ["stringValue": "v"]]],
            "updateMask": ["fieldPaths": ["s", "lease.`end-time`"]],
            "updateTransforms": [
                ["fieldPath": "at", "setToServerValue": "REQUEST_TIME"],
                ["fieldPath": "n", "increment": ["integerValue": "2"]],
                ["fieldPath": "tags", "appendMissingElements": ["values": [["stringValue": "x"]]]],
            ],
            "currentDocument": ["exists": true],
        ]
        #expect(service.transport.sent.first?.json == ["writes": [write]])
    }

    @Test(
        "tells the errors of commits apart",
        arguments: zip(
            ["ALREADY_EXISTS", "FAILED_PRECONDITION", "NOT_FOUND", "PERMISSION_DENIED", "INVALID_ARGUMENT"],
            [StoreError.Code.alreadyExists, .preconditionFailed, .notFound, .permissionDenied, .invalidArgument]
        )
    )
    func errors(_ name: String, _ expected: StoreError.Code) async {
        let service = ScriptedService([Script.error(400, name)])
        #expect(await code { _ = try await service.firestore.commit([.create("jobs/a", [:])]) } == expected)
    }

    @Test("a commit that lost a race is repeated, and told when it always loses")
    func aborted() async throws {
        let service = ScriptedService([Script.error(409, "ABORTED"), Self.committed])
        _ = try await service.firestore.commit([.create("jobs/a", [:])])
        let always = ScriptedService((0..<20).map { _ in Script.error(409, "ABORTED") })
        #expect(await code { _ = try await always.firestore.commit([.create("jobs/a", [:])]) } == .aborted)
    }

    @Test("an increment without a guard is never sent twice after a lost answer")
    func increments() async {
        let write = DocumentWrite.set("c/a", [:], mask: [], transforms: ["n": .increment(.integer(1))], if: .none)
        let lost = ScriptedService([Script.failure(.connectionLost), Self.committed])
        #expect(await code { _ = try await lost.firestore.commit([write]) } == .unavailable)
        #expect(lost.transport.sent.count == 1)
        let guarded = ScriptedService([Script.failure(.connectionLost), Self.committed])
        #expect(await code { _ = try await guarded.firestore.commit([write, .create("c/b", [:])]) } == nil)
    }

    @Test("a query's pages follow one another by the last document's place")
    func query() async throws {
        let first = [Self.document("jobs/a", ["n": .integer(1)]), Self.document("jobs/b", ["n": .integer(2)])]
        let service = ScriptedService([
            Script.answer(200, .array([["readTime": "2026-01-01T00:00:00Z"]] + first.map { ["document": $0] })),
            Script.answer(200, [["document": Self.document("jobs/c", ["n": .integer(3)]), "readTime": Self.readTime]]),
        ])
        let query = DocumentQuery(collection: "jobs", orderBy: "n", pageDocumentsMax: 2)
            .where("n", .greaterThan, .integer(0)).where("gone", .equal, .null)
        let all = try await service.firestore.queryAll(query)
        #expect(all.map(\.id) == ["a", "b", "c"])
        let sent = service.transport.sent
        #expect(sent[0].url == "http://fs/v1/projects/p/databases/(default)/documents:runQuery")
        let structured = try #require(sent[0].json?["structuredQuery"])
        #expect(structured["limit"] == 2)
        #expect(structured["startAt"] == nil)
        let filters: JSON = [
            ["fieldFilter": ["field": ["fieldPath": "n"], "op": "GREATER_THAN", "value": ["integerValue": "0"]]],
            ["unaryFilter": ["field": ["fieldPath": "gone"], "op": "IS_NULL"]],
        ]
        #expect(structured["where"] == ["compositeFilter": ["op": "AND", "filters": filters]])
        let cursor: JSON = [
            ["integerValue": "2"], ["referenceValue": "projects/p/databases/(default)/documents/jobs/b"],
        ]
        #expect(sent[1].json?["structuredQuery"]?["startAt"] == ["values": cursor, "before": false])
    }

    @Test("a stream of answers that ends in an error is none")
    func streamError() async throws {
        let document: JSON = ["document": Self.document("jobs/a", [:]), "readTime": Self.readTime]
        let failure: JSON = ["error": ["code": 503, "message": "planned", "status": "UNAVAILABLE"]]
        let denied: JSON = ["error": ["code": 403, "message": "planned", "status": "PERMISSION_DENIED"]]
        let query = DocumentQuery(collection: "jobs")
        let passing = ScriptedService([Script.answer(200, [document, failure]), Script.answer(200, [document])])
        let page = try await passing.firestore.query(query)
        #expect(page.documents.map(\.id) == ["a"])
        #expect(page.readTime == Self.time)
        #expect(passing.transport.sent.count == 2)
        let lasting = ScriptedService([Script.answer(200, [document, denied])])
        #expect(await code { _ = try await lasting.firestore.query(query) } == .permissionDenied)
    }

    @Test("a page token of another store is refused")
    func badToken() async {
        let service = ScriptedService([])
        let query = DocumentQuery(collection: "jobs", pageToken: "!")
        #expect(await code { _ = try await service.firestore.query(query) } == .invalidArgument)
    }
}

@Suite("Firestore, lost answers")
struct FirestoreLostAnswerTests {
    typealias Script = ScriptedTransport
    typealias Base = FirestoreTests

    static let later = Base.time + .seconds(5)
    static let fields: [String: DocumentValue] = ["holder": .string("me"), "attempt": .integer(2)]
    static let claim = DocumentWrite.set(
        "jobs/a",
        fields,
        transforms: ["updated_at": .serverTime],
        if: .updateTime(Base.time)
    )

    private static func commit(
        _ first: @escaping Script.Step = Script.failure(.connectionLost),
        finding documents: [JSON]
    ) async throws -> CommitResult {
        let service = ScriptedService([
            first, Script.error(400, "FAILED_PRECONDITION"), Script.answer(200, .array(documents)),
        ])
        return try await service.firestore.commit([claim, .create("log/1", ["x": .integer(1)]), .delete("old/1")])
    }

    private static func found(_ path: String, _ fields: [String: DocumentValue], at time: Timestamp = later) -> JSON {
        ["found": Base.document(path, fields, at: time), "readTime": .string(later.description)]
    }

    private static let claimed = fields.merging(["updated_at": .timestamp(later)]) { first, _ in first }
    private static let log = found("log/1", ["x": .integer(1)])
    private static let gone: JSON = [
        "missing": "projects/p/databases/(default)/documents/old/1", "readTime": .string(later.description),
    ]

    private static let missingLog: JSON = [
        "missing": "projects/p/databases/(default)/documents/log/1", "readTime": .string(later.description),
    ]

    @Test("a commit that then meets its own work is carried out")
    func ownWork() async throws {
        let result = try await Self.commit(finding: [Self.found("jobs/a", Self.claimed), Self.log, Self.gone])
        #expect(result == CommitResult(commitTime: Self.later, updateTimes: [Self.later, Self.later, Self.later]))
    }

    @Test("anything else is another's work")
    func foreignWork() async {
        let foreign = Self.claimed.merging(["holder": .string("you")]) { _, last in last }
        let more = Self.claimed.merging(["extra": .null]) { first, _ in first }
        let cases: [[JSON]] = [
            [Self.found("jobs/a", foreign), Self.log, Self.gone],
            [Self.found("jobs/a", more), Self.log, Self.gone],
            [Self.found("jobs/a", Self.fields), Self.log, Self.gone],
            [Self.found("jobs/a", Self.claimed), Self.missingLog, Self.gone],
            [Self.found("jobs/a", Self.claimed, at: Self.later + .seconds(1)), Self.log, Self.gone],
            [Self.found("jobs/a", Self.claimed), Self.log, Self.found("old/1", [:])],
        ]
        for documents in cases {
            #expect(await code { _ = try await Self.commit(finding: documents) } == .preconditionFailed)
        }
    }

    @Test("what could not be read is not gone")
    func unread() async {
        let denied: JSON = ["error": ["code": 403, "message": "planned", "status": "PERMISSION_DENIED"]]
        let found = [Self.found("jobs/a", Self.claimed), Self.log, denied]
        #expect(await code { _ = try await Self.commit(finding: found) } == .permissionDenied)
    }

    @Test("nobody looks where the first attempt was certainly not carried out")
    func certainRefusal() async {
        let own = [Self.found("jobs/a", Self.claimed), Self.log, Self.gone]
        let first = Script.failure(.connectFailed)
        #expect(await code { _ = try await Self.commit(first, finding: own) } == .preconditionFailed)
    }
}

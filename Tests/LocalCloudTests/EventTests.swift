import Testing
import Wire

@testable import LocalCloud

@Suite struct EventTests {
    private static let url = "http://127.0.0.1:1/events"

    private static func objects(url: String? = Self.url, concurrencyMax: Int = 4) -> EventSubscription {
        EventSubscription(
            name: "uploads",
            filter: .objects(bucket: "staging", .finalized),
            url: url,
            concurrencyMax: concurrencyMax
        )
    }

    private static func documents(_ kind: EventSubscription.DocumentEvent = .written) -> EventSubscription {
        EventSubscription(
            name: "jobs-\(kind.rawValue)",
            filter: .documents(pattern: "jobs/{job}", kind),
            url: url
        )
    }

    @Test func sendsObjectEventsAsEventarcDoes() async throws {
        let transport = RecordingTransport()
        try await TestCloud.run(transport: transport) {
            $0.subscriptions = [Self.objects()]
        } _: { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("elsewhere", [1])
            let object = try await cloud.upload("r1/p ü.json", Array("hello".utf8), bucket: "staging")
            try await eventually("the event is delivered") { try await cloud.cloud.pendingDeliveries() == 0 }
            let request = try #require(transport.requests.first)
            #expect(transport.requests.count == 1)
            #expect(request.method == "POST" && request.url == Self.url)
            let names = Set(request.headers.map { $0.name.lowercased() })
            #expect(
                names == [
                    "content-type", "ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time",
                    "ce-bucket",
                ]
            )
            #expect(request.headers["content-type"] == "application/json")
            #expect(request.headers["ce-source"] == "//storage.googleapis.com/projects/_/buckets/staging")
            #expect(request.headers["ce-type"] == "google.cloud.storage.object.v1.finalized")
            #expect(request.headers["ce-subject"] == "objects/r1/p%20%C3%BC.json")
            #expect(request.headers["ce-time"] == object.json["timeCreated"]?.stringValue)
            #expect(request.headers["ce-bucket"] == "staging")
            #expect(try JSON(parsing: request.bodyBytes) == object.json)
        }
    }

    @Test func sendsDocumentEventsAsEventarcDoes() async throws {
        let transport = RecordingTransport()
        try await TestCloud.run(transport: transport) {
            $0.subscriptions = [Self.documents()]
        } _: { (cloud: TestCloud) async throws in
            _ = try await cloud.commit(TestCloud.update("other/o", [:]))
            let answer = try await cloud.commit(TestCloud.update("jobs/j 1", ["s": ["stringValue": "x"]]))
            try await eventually("the event is delivered") { transport.requests.count == 1 }
            let request = try #require(transport.requests.first)
            let names = Set(request.headers.map { $0.name.lowercased() })
            #expect(
                names == [
                    "content-type", "ce-specversion", "ce-type", "ce-source", "ce-id", "ce-subject", "ce-time",
                    "ce-datacontenttype", "ce-dataschema", "ce-location", "ce-project", "ce-database", "ce-namespace",
                    "ce-document",
                ]
            )
            #expect(request.headers["content-type"] == "application/protobuf")
            #expect(request.headers["ce-type"] == "google.cloud.firestore.document.v1.written")
            #expect(request.headers["ce-source"] == "//firestore.googleapis.com/projects/local/databases/(default)")
            #expect(request.headers["ce-subject"] == "documents/jobs/j%201")
            #expect(request.headers["ce-document"] == "jobs/j%201")
            #expect(request.headers["ce-time"] == answer.json["commitTime"]?.stringValue)
            #expect(request.headers["ce-project"] == "local")
            #expect(request.bodyBytes.first == 0x0A)
        }
    }

    @Test func oneEventForEachChangeAndNoneForNothing() async throws {
        let transport = RecordingTransport()
        try await TestCloud.run(transport: transport) {
            $0.subscriptions = EventSubscription.DocumentEvent.allCases.map { Self.documents($0) }
        } _: { (cloud: TestCloud) async throws in
            func types(behind count: Int) async throws -> Set<String> {
                try await eventually("the outbox is empty") { try await cloud.cloud.pendingDeliveries() == 0 }
                let new = transport.requests.dropFirst(count)
                return Set(new.compactMap { $0.headers["ce-type"]?.split(separator: ".").last.map { String($0) } })
            }
            let one = TestCloud.update("jobs/j", ["n": ["integerValue": "1"]])
            _ = try await cloud.commit(one)
            #expect(try await types(behind: 0) == ["created", "written"])
            _ = try await cloud.commit(one)
            _ = try await cloud.commit(["delete": .string("\(documentsRoot)/jobs/none")])
            #expect(try await types(behind: 2) == [])
            // Two writes of one commit are one change.
            _ = try await cloud.commit(
                TestCloud.update("jobs/j", ["n": ["integerValue": "2"]]),
                TestCloud.update("jobs/j", ["n": ["integerValue": "3"]])
            )
            #expect(try await types(behind: 2) == ["updated", "written"])
            #expect(transport.requests.count == 4)
            _ = try await cloud.commit(["delete": .string("\(documentsRoot)/jobs/j")])
            #expect(try await types(behind: 4) == ["deleted", "written"])
        }
    }

    @Test func refusedWritesSendNothing() async throws {
        let transport = RecordingTransport()
        try await TestCloud.run(transport: transport) {
            $0.subscriptions = [Self.objects(url: nil), Self.documents()]
        } _: { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("x", [1], bucket: "staging", query: "&ifGenerationMatch=5")
            _ = try await cloud.commit(TestCloud.update("jobs/j", [:], currentDocument: ["exists": true]))
            #expect(try await cloud.cloud.pendingDeliveries() == 0)
        }
    }

    @Test func eventsWaitForAnURL() async throws {
        let transport = RecordingTransport()
        try await TestCloud.run(transport: transport) {
            $0.subscriptions = [Self.objects(url: nil)]
        } _: { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("x", [1], bucket: "staging")
            #expect(try await cloud.cloud.pendingDeliveries() == 1)
            try await cloud.cloud.setSubscriptions([Self.objects()])
            try await eventually("the event is delivered") { try await cloud.cloud.pendingDeliveries() == 0 }
            #expect(transport.requests.count == 1)
            await #expect(throws: LocalCloudError.self) {
                try await cloud.cloud.setSubscriptions([Self.objects(), Self.objects()])
            }
        }
    }

    @Test func matchesPathPatterns() {
        let cases: [(pattern: String, path: String, matches: Bool)] = [
            ("jobs/{job}", "jobs/1", true), ("jobs/{job}", "jobs/1/runs/2", false), ("jobs/{job}", "job/1", false),
            ("jobs/1", "jobs/1", true), ("jobs/1", "jobs/2", false), ("*/1", "a/1", true),
            ("jobs/{rest=**}", "jobs/1/runs/2", true), ("**", "a/b", true), ("jobs/{job}/runs/{run}", "jobs/1", false),
        ]
        for (pattern, path, matches) in cases {
            let parts = path.split(separator: "/").map { String($0) }
            #expect(PathPattern(pattern).matches(parts) == matches, "\(pattern) \(path)")
        }
    }
}

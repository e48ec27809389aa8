import CloudEvents
import Foundation
import Testing
import Wire

@Suite struct EventPayloadTests {
    private static let time = Timestamp(seconds: 1_795_229_529)
    private static let name = "projects/p/databases/(default)/documents/training_jobs/job-1"
    private static let change = DocumentEventData(
        value: Document(name: name, fields: ["status": .string("pending")], createTime: time, updateTime: time)
    )

    private func event(_ data: [UInt8], _ type: String? = "application/protobuf") -> CloudEvent {
        CloudEvent(id: "i", source: "s", type: "t", dataContentType: type, data: data)
    }

    @Test func documentsReadFromProtobufAndJSON() throws {
        #expect(try event(Self.change.protobuf).documentData() == Self.change)
        #expect(try event(Self.change.json.bytes, "application/json; charset=utf-8").documentData() == Self.change)
        #expect(try event(Self.change.json.bytes, nil).documentData() == Self.change)
    }

    @Test func theEmulatorsBase64IsUnderstood() throws {
        let text = Base64.encode(Self.change.protobuf)
        #expect(try event(Array(text.utf8)).documentData() == Self.change)
    }

    @Test func dataThatDoesNotFitIsRefused() throws {
        let rows: [(CloudEvent, EventError.Code)] = [
            (event([]), .dataMissing), (event([], "application/json"), .dataMissing),
            (event([0x0A]), .bodyMalformed), (event(Array("hello".utf8)), .bodyMalformed),
            (event([0x7B], "application/json"), .bodyMalformed), (event([0x7B, 0x7D], nil), .bodyMalformed),
            (event([0x7B, 0x7D], "text/plain"), .contentTypeUnsupported),
        ]
        for (event, code) in rows {
            let error = #expect(throws: EventError.self) { try event.documentData() }
            #expect(error?.code == code)
        }
        let error = #expect(throws: EventError.self) { try event([1]).json() }
        #expect(error?.code == .contentTypeUnsupported)
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "events").path()

    private func sample(_ name: String) async throws -> IncomingEvent {
        try IncomingEvent(await EventFile.request(path: "\(Self.folder)/\(name).json", bytesMax: 1 << 20))
    }

    private func cloudEvent(_ name: String) async throws -> CloudEvent? {
        guard case .cloudEvent(let event) = try await sample(name) else { return nil }
        return event
    }

    @Test func storageSamplesRead() async throws {
        let archive = try #require(await cloudEvent("storage-archive-finalized"))
        #expect(archive.extensions["bucket"] == "signalbox-staging")
        let object = try JSONReader(archive.json())
        #expect(try archive.subject == "objects/" + object["name"].string())
        #expect(try object["name"].string().hasSuffix("/archive.zip"))
        let binary = try #require(await cloudEvent("storage-manifest-finalized"))
        let structured = try #require(await cloudEvent("storage-manifest-finalized-structured"))
        #expect(try binary.json() == structured.json())
        #expect(binary.id == structured.id && binary.subject == structured.subject && binary.time == structured.time)
    }

    @Test func firestoreSamplesRead() async throws {
        let created = try #require(await cloudEvent("firestore-job-created"))
        let document = try #require(try created.documentData().value)
        #expect(document.fields["status"] == .string("pending"))
        #expect(document.name.hasSuffix("/" + (created.extensions["document"] ?? "?")))
        let structured = try #require(await cloudEvent("firestore-job-created-structured"))
        #expect(try structured.documentData() == created.documentData())
        let updated = try #require(await cloudEvent("firestore-job-updated")).documentData()
        #expect(updated.value?.fields["status"] == .string("running"))
        #expect(updated.oldValue == document)
        #expect(updated.updateMask.contains("status"))
        // What the samples hold is what is written here, byte for byte.
        #expect(updated.protobuf == (try await cloudEvent("firestore-job-updated"))?.data)
    }

    @Test func schedulerSamplesRead() async throws {
        #expect(try await sample("scheduler-sweep") == .scheduled(["task": "sweep", "dry_run": false]))
        #expect(try await sample("scheduler-prune-dry-run") == .scheduled(["task": "prune", "dry_run": true]))
    }

    @Test func everySampleReads() async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { $0.hasSuffix(".json") }
        #expect(names.count >= 8)
        for name in names { _ = try await sample(String(name.dropLast(5))) }
    }

    @Test func filesThatHoldNoEventAreRefused() throws {
        for text in [
            "{}", #"{"headers":{}}"#, #"{"headers":{"a":1},"body":{}}"#, #"{"body":{}}"#,
            #"{"headers":{},"body":{},"body_base64":""}"#, #"{"headers":{},"body_base64":"a"}"#,
        ] {
            #expect(throws: JSONTypeError.self) { try EventFile.request(JSONReader(JSON(parsing: text))) }
        }
    }
}

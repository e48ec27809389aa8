import GoogleCloud
import SignalboxCore
import Testing
import Wire

@Suite("Upload sessions of Cloud Storage")
struct UploadSessionsTests {
    private static let order = UploadSessionOrder(
        name: ObjectName(bucket: "b", name: "r/p/archive.zip"),
        size: 12,
        crc32c: CRC32C.checksum(of: Array("hello, robot".utf8)),
        contentType: "application/zip",
        generationMatch: 0
    )

    @Test("a session is bound to size, checksum, type and generation")
    func bound() async throws {
        let service = ScriptedService([
            ScriptedTransport.error(503), ScriptedTransport.answer(200, [:], ["Location": "http://gcs/session"]),
        ])
        #expect(try await service.storage().begin(Self.order) == "http://gcs/session")
        let sent = try #require(service.transport.sent.last)
        #expect(sent.method == "POST")
        #expect(sent.url == "http://gcs/upload/storage/v1/b/b/o?ifGenerationMatch=0&uploadType=resumable")
        #expect(sent.headers["X-Upload-Content-Length"] == "12")
        #expect(sent.headers["X-Upload-Content-Type"] == "application/zip")
        #expect(
            sent.json == [
                "name": "r/p/archive.zip", "contentType": "application/zip",
                "crc32c": .string(Self.order.crc32c.base64),
            ]
        )
    }

    @Test("what the service refuses is told by its code")
    func refused() async throws {
        let rows: [(Int, StoreError.Code)] = [(412, .preconditionFailed), (403, .permissionDenied), (404, .notFound)]
        for (status, code) in rows {
            let service = ScriptedService([ScriptedTransport.error(status)])
            let error = await #expect(throws: StoreError.self) { try await service.storage().begin(Self.order) }
            #expect(error?.code == code)
        }
    }
}

import Foundation
import GoogleCloud
import LocalCloud
import SignalboxCore
import Testing
import Wire

@Suite("Cloud Storage over connections that break")
struct BrokenConnectionTests {
    struct Source: ObjectSource {
        let bytes: [UInt8]
        var length: Int64 { Int64(bytes.count) }
        func stream(from offset: Int64) -> any ByteStream { BytesStream(Array(bytes[Int(offset)...])) }
    }

    @Test("uploads and downloads come through whole, though no connection carries half a megabyte")
    func survives() async throws {
        let url = try await ContractServers.localCloud.value.url
        let port = try #require(url.split(separator: ":").last.flatMap { UInt16($0) })
        _ = try await ContractServers.storage(at: url)
        let proxy = try FlakyProxy(target: port, bytesMax: 400_000)
        defer { proxy.stop() }
        // Waits long enough for the server to digest what came: a newer part takes the upload from an older one.
        let policy = RetryPolicy(
            attemptsMax: 12,
            longest: .seconds(60),
            backoff: Backoff(initial: .milliseconds(500), longest: .seconds(4), factor: 2)
        )
        let storage = CloudStorage(
            endpoint: "http://127.0.0.1:\(proxy.port)",
            credentials: nil,
            context: ServiceContext(transport: HTTPClient(), retryPolicy: policy),
            partBytes: 1 << 20
        )
        let bytes = (0..<1_300_019).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }
        let name = ObjectName(bucket: ContractServers.bucket, name: "broken-\(UUID().uuidString)")
        let written = try await storage.write(
            name,
            .source(Source(bytes: bytes)),
            contentType: "application/zip",
            metadata: ["k": "v"],
            if: .doesNotExist
        )
        #expect(written.crc32c == CRC32C.checksum(of: bytes))
        let afterUpload = proxy.brokenCount
        #expect(afterUpload >= 3)
        let read = try await storage.bytes(of: name, bytesMax: bytes.count)
        #expect(read.bytes == bytes)
        #expect(proxy.brokenCount >= afterUpload + 3)
    }
}

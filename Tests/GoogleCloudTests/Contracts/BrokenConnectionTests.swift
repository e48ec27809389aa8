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

    @Test("uploads and downloads come through whole, though no connection carries a megabyte")
    func survives() async throws {
        let url = try await ContractServers.localCloud.value.url
        let port = try #require(url.split(separator: ":").last.flatMap { UInt16($0) })
        _ = try await ContractServers.storage(at: url)
        let proxy = try FlakyProxy(target: port, bytesMax: 1_000_000)
        defer { proxy.stop() }
        let policy = RetryPolicy(
            attemptsMax: 8,
            longest: .seconds(60),
            backoff: Backoff(initial: .milliseconds(2), longest: .milliseconds(20), factor: 2)
        )
        let storage = CloudStorage(
            endpoint: "http://127.0.0.1:\(proxy.port)",
            credentials: nil,
            context: ServiceContext(transport: HTTPClient(), retryPolicy: policy),
            partBytes: 4 << 20
        )
        let bytes = (0..<10_000_019).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }
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
        #expect(afterUpload >= 8)
        let read = try await storage.bytes(of: name, bytesMax: bytes.count)
        #expect(read.bytes == bytes)
        #expect(proxy.brokenCount >= afterUpload + 8)
    }
}

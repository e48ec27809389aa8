import Testing
import Wire

@testable import LocalCloud

/// Resumable uploads that were begun for certain bytes: whoever sends them cannot send others.
@Suite struct BoundUploadTests {
    private static let data = SeededRandom(seed: 2).bytes(Int(LocalCloudLimits.uploadGranuleBytes) + 1000)

    private func begin(_ cloud: TestCloud, length: Int = data.count) async throws -> String {
        let resource: JSON = ["name": "bound", "crc32c": .string(CRC32C.checksum(of: Self.data).base64)]
        let answer = try await cloud.client.send(
            "POST",
            "/upload/storage/v1/b/training/o?uploadType=resumable&ifGenerationMatch=0",
            headers: [("content-type", "application/json"), ("x-upload-content-length", String(length))],
            body: resource.bytes
        )
        let location = try #require(answer.headers["location"])
        return String(location.dropFirst("http://127.0.0.1:\(cloud.client.port)".count))
    }

    private func put(
        _ cloud: TestCloud,
        _ url: String,
        _ bytes: [UInt8],
        _ range: String?,
        _ more: [(String, String)] = []
    ) async throws -> TestResponse {
        let headers = (range.map { [("content-range", $0)] } ?? []) + more
        return try await cloud.client.send("PUT", url, headers: headers, body: bytes)
    }

    @Test func theBytesThatWereAnnouncedAreTaken() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let url = try await begin(cloud)
            let granule = Int(LocalCloudLimits.uploadGranuleBytes)
            let first = Array(Self.data[..<granule])
            #expect(try await put(cloud, url, first, "bytes 0-\(granule - 1)/*").status == 308)
            let rest = "bytes \(granule)-\(Self.data.count - 1)/\(Self.data.count)"
            #expect(try await put(cloud, url, Array(Self.data[granule...]), rest).status == 200)
            #expect(try await cloud.download("bound").body == Self.data)
        }
    }

    @Test func moreOrFewerBytesAreRefused() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let count = Self.data.count
            for (bytes, range) in [
                (Self.data + [0], "bytes 0-\(count)/\(count + 1)"), (Self.data + [0], "bytes 0-\(count)/*"),
                (Self.data + [0], nil), (Array(Self.data.dropLast()), "bytes 0-\(count - 2)/\(count - 1)"),
                (Array(Self.data.dropLast()), nil),
            ] {
                let url = try await begin(cloud)
                #expect(try await put(cloud, url, bytes, range).status == 400, "\(range ?? "whole")")
                #expect(try await cloud.client.send("GET", "/storage/v1/b/training/o/bound").status == 404)
            }
        }
    }

    @Test func otherBytesAreRefusedAtTheEndWhateverTheSenderSays() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            var other = Self.data
            other[7] ^= 1
            let sum = CRC32C.checksum(of: other).base64
            for more in [[], [("x-goog-hash", "crc32c=\(sum)")]] {
                let url = try await begin(cloud)
                #expect(
                    try await put(cloud, url, other, "bytes 0-\(other.count - 1)/\(other.count)", more).status == 400
                )
                // The upload is over: nothing can be repaired in it.
                #expect(try await put(cloud, url, Self.data, nil).status == 404)
            }
            #expect(try await cloud.client.send("GET", "/storage/v1/b/training/o/bound").status == 404)
        }
    }

    @Test func aLengthThatIsNoneIsRefused() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let answer = try await cloud.client.send(
                "POST",
                "/upload/storage/v1/b/training/o?uploadType=resumable&name=x",
                headers: [("x-upload-content-length", "many")]
            )
            #expect(answer.status == 400)
        }
    }
}

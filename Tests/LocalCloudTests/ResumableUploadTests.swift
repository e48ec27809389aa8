import Foundation
import Testing
import Wire

@testable import LocalCloud

@Suite struct ResumableUploadTests {
    private static let granule = Int(LocalCloudLimits.uploadGranuleBytes)
    private static let data = SeededRandom(seed: 1).bytes(3 * granule + 1000)

    /// Begins an upload; returns the path and query of its URL.
    private func begin(_ cloud: TestCloud, query: String = "", _ resource: JSON = [:]) async throws -> String {
        let answer = try await cloud.client.send(
            "POST",
            "/upload/storage/v1/b/training/o?uploadType=resumable&name=big\(query)",
            resource
        )
        let location = try #require(answer.headers["location"])
        return String(location.dropFirst("http://127.0.0.1:\(cloud.client.port)".count))
    }

    private func put(_ cloud: TestCloud, _ url: String, _ range: Range<Int>, total: Int?) async throws -> TestResponse {
        let text = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total.map { String($0) } ?? "*")"
        return try await cloud.client.send(
            "PUT",
            url,
            headers: [("content-range", text)],
            body: Array(Self.data[range])
        )
    }

    private func state(_ cloud: TestCloud, _ url: String) async throws -> TestResponse {
        try await cloud.client.send("PUT", url, headers: [("content-range", "bytes */\(Self.data.count)")])
    }

    @Test func goesOnBehindABrokenConnection() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let url = try await begin(cloud)
            #expect(try await state(cloud, url).headers["range"] == nil)
            let part = Array(Self.data[..<(2 * Self.granule + 77)])
            try await cloud.client.sendPart("PUT", url, part: part, of: Self.data.count)
            // Two whole granules stay; what came behind them is to be sent again.
            try await eventually("the broken upload's bytes are kept") {
                try await state(cloud, url).headers["range"] == "bytes=0-\(2 * Self.granule - 1)"
            }
            #expect(try await state(cloud, url).status == 308)
            let answer = try await put(cloud, url, (2 * Self.granule)..<Self.data.count, total: Self.data.count)
            #expect(answer.status == 200)
            #expect(answer.json["crc32c"]?.stringValue == CRC32C.checksum(of: Self.data).base64)
            #expect(try await cloud.download("big").body == Self.data)
            // The answer can be asked for again.
            let again = try await state(cloud, url)
            #expect(again.status == 200)
            #expect(again.json["generation"] == answer.json["generation"])
        }
    }

    @Test func goesOnBehindARestart() async throws {
        let scratch = try ScratchDirectory()
        var target = ""
        try await TestCloud.run(at: scratch.path) { (cloud: TestCloud) async throws in
            target = try await begin(cloud, ["metadata": ["k": "v"]])
            #expect(try await put(cloud, target, 0..<Self.granule, total: nil).status == 308)
        }
        try await TestCloud.run(at: scratch.path) { (cloud: TestCloud) async throws in
            #expect(try await state(cloud, target).headers["range"] == "bytes=0-\(Self.granule - 1)")
            let answer = try await put(cloud, target, Self.granule..<Self.data.count, total: Self.data.count)
            #expect(answer.json["metadata"] == ["k": "v"])
            #expect(answer.json["md5Hash"]?.stringValue == Self.md5(Self.data))
            #expect(try await cloud.download("big").body == Self.data)
        }
    }

    private static func md5(_ bytes: [UInt8]) -> String {
        var hash = MD5()
        bytes.withUnsafeBytes { hash.update($0) }
        return Base64.encode(hash.digest)
    }

    @Test func checksWhereChunksBegin() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let url = try await begin(cloud)
            let gap = try await put(cloud, url, Self.granule..<(2 * Self.granule), total: Self.data.count)
            #expect(gap.status == 503)
            #expect(try await put(cloud, url, 0..<Self.granule, total: nil).status == 308)
            // Bytes that are there already are passed over.
            let overlap = try await put(cloud, url, 100..<(2 * Self.granule), total: nil)
            #expect(overlap.headers["range"] == "bytes=0-\(2 * Self.granule - 1)")
            // A chunk that ends inside a granule is kept up to the granule's beginning.
            let ragged = try await put(cloud, url, (2 * Self.granule)..<(2 * Self.granule + 5), total: nil)
            #expect(ragged.headers["range"] == "bytes=0-\(2 * Self.granule - 1)")
            let last = try await put(cloud, url, (2 * Self.granule)..<Self.data.count, total: Self.data.count)
            #expect(last.status == 200)
            #expect(try await cloud.download("big").body == Self.data)
            let bad = [("content-range", "bytes 5-3/9")]
            #expect(try await cloud.client.send("PUT", url, headers: bad).status == 400)
        }
    }

    @Test func theNewestConnectionWins() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let url = try await begin(cloud)
            let stale = try await cloud.client.openPart(
                "PUT",
                url,
                part: Array(Self.data[..<1000]),
                of: Self.data.count
            )
            defer { close(stale) }
            // The server may come to the stale request later than to the new one, and say so with 503.
            try await eventually("the new connection's upload is done") {
                let status = try await put(cloud, url, 0..<Self.data.count, total: Self.data.count).status
                #expect(status == 200 || status == 503)
                return status == 200
            }
            let rest = Array(Self.data[1000...]).map { ~$0 }
            _ = rest.withUnsafeBytes { send(stale, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            var byte: UInt8 = 0
            _ = recv(stale, &byte, 0, 0)
            #expect(try await cloud.download("big").body == Self.data)
        }
    }

    /// From the first step of publishing to the answer nobody else may write: the bytes are the object's already.
    @Test func noRequestWritesBytesThatAreBeingPublished() async throws {
        let random = GatedRandom()
        try await TestCloud.run(random: random) { (cloud: TestCloud) async throws in
            let url = try await begin(cloud)
            random.hold()
            defer { random.release() }
            async let first = put(cloud, url, 0..<Self.data.count, total: Self.data.count)
            try await eventually("the bytes are being published") { random.isHolding }
            let range = [("content-range", "bytes 0-9/*")]
            let second = try await cloud.client.send("PUT", url, headers: range, body: Array(repeating: 0, count: 10))
            #expect(second.status == 503)
            #expect(try await cloud.client.send("DELETE", url).status == 503)
            random.release()
            #expect(try await first.status == 200)
            #expect(try await cloud.download("big").body == Self.data)
            #expect(try await state(cloud, url).status == 200)
        }
    }

    @Test func refusesABodyThatIsNotAsLongAsItsRange() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let url = try await begin(cloud)
            let range = [("content-range", "bytes 0-\(Self.granule - 1)/*")]
            for count in [2 * Self.granule, Self.granule - 1] {
                let body = Array(Self.data[..<count])
                #expect(try await cloud.client.send("PUT", url, headers: range, body: body).status == 400)
                #expect(try await state(cloud, url).headers["range"] == nil)
            }
            #expect(try await put(cloud, url, 0..<Self.data.count, total: Self.data.count).status == 200)
            #expect(try await cloud.download("big").body == Self.data)
        }
    }

    /// A body whose length is told by its end alone.
    @Test func takesNothingFromBehindTheRange() async throws {
        let scratch = try ScratchDirectory()
        let clock = ManualClock()
        let store = try Store(directory: scratch.path, hasBlobs: false)
        let service = StorageService(
            store: store,
            files: try BlobFolder(stateDirectory: scratch.path, clock: clock, random: SeededRandom(seed: 7)),
            outbox: Outbox(chaos: nil, clock: clock),
            clock: clock,
            location: "here"
        )
        try await service.recover(buckets: ["training"])
        func send(_ method: String, _ query: String, _ range: String? = nil, _ body: [UInt8] = []) async
            -> ServerResponse
        {
            await service.respond(
                to: ServerRequest(
                    method: method,
                    path: ["upload", "storage", "v1", "b", "training", "o"],
                    query: ServerQuery(query),
                    headers: HTTPHeaders(range.map { [("content-range", $0)] } ?? []),
                    body: BytesStream(body, chunkBytes: Self.granule),
                    baseURL: ""
                )
            )
        }
        let begun = await send("POST", "uploadType=resumable&name=big")
        let id = "upload_id=\(try #require(begun.headers["x-guploader-uploadid"]))"
        let long = await send("PUT", id, "bytes 0-\(2 * Self.granule - 1)/*", Self.data)
        #expect(long.status == 400)
        let short = await send("PUT", id, "bytes 0-\(3 * Self.granule - 1)/*", Array(Self.data[..<Self.granule]))
        #expect(short.status == 400)
        let state = await send("PUT", id, "bytes */*")
        #expect(state.headers["range"] == "bytes=0-\(2 * Self.granule - 1)")
        store.close()
    }

    @Test func endsAsItWasOrdered() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let empty = try await begin(cloud)
            let none = try await cloud.client.send("PUT", empty, headers: [("content-range", "bytes */0")])
            #expect(none.json["size"] == "0")
            let exists = try await cloud.client.send(
                "POST",
                "/upload/storage/v1/b/training/o?uploadType=resumable&name=big&ifGenerationMatch=0"
            )
            #expect(exists.status == 412)
            let wrong = try await begin(cloud, ["crc32c": "AAAAAA=="])
            #expect(try await cloud.client.send("PUT", wrong, body: [1]).status == 400)
            #expect(try await cloud.client.send("PUT", wrong, body: [1]).status == 404)
            let given = try await begin(cloud)
            #expect(try await cloud.client.send("DELETE", given).status == 499)
            #expect(try await cloud.client.send("PUT", given, body: [1]).status == 404)
        }
    }

    @Test func endAfterAWeek() async throws {
        let clock = ManualClock()
        try await TestCloud.run(clock: clock) { (cloud: TestCloud) async throws in
            let url = try await begin(cloud)
            clock.advance(by: .seconds(LocalCloudLimits.uploadSeconds))
            #expect(try await state(cloud, url).status == 410)
        }
    }
}

import Testing
import Wire

@testable import LocalCloud

@Suite struct StorageTests {
    @Test func keepsWhatWasUploaded() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let answer = try await cloud.upload("a/b ü.txt", Array("hello".utf8))
            #expect(answer.status == 200)
            #expect(answer.json["crc32c"] == "mnG7TA==")
            #expect(answer.json["md5Hash"] == "XUFAKrxLKna5cZ2REBfFkg==")
            #expect(answer.json["size"] == "5")
            #expect(answer.json["metageneration"] == "1")
            #expect(answer.json["contentType"] == "text/plain")
            let read = try await cloud.download("a/b ü.txt")
            #expect(read.body == Array("hello".utf8))
            #expect(read.headers["x-goog-hash"] == "crc32c=mnG7TA==,md5=XUFAKrxLKna5cZ2REBfFkg==")
            #expect(read.headers["x-goog-generation"] == answer.json["generation"]?.stringValue)
        }
    }

    @Test func generationsRiseThoughTheClockStandsStill() async throws {
        try await TestCloud.run(clock: ManualClock()) { (cloud: TestCloud) async throws in
            var last: Int64 = 0
            for _ in 0..<5 {
                let text = try await cloud.upload("x", [1]).json["generation"]?.stringValue
                let generation = try #require(text.flatMap { Int64($0) })
                #expect(generation > last)
                last = generation
            }
        }
    }

    /// Preconditions of writes: what is sent, whether the object is there, what is answered. `{g}` is its generation.
    static let writes: [(query: String, exists: Bool, status: Int)] = [
        ("ifGenerationMatch=0", false, 200), ("ifGenerationMatch=0", true, 412),
        ("ifGenerationMatch={g}", true, 200), ("ifGenerationMatch=1", true, 412), ("ifGenerationMatch=1", false, 412),
        ("ifGenerationNotMatch={g}", true, 412), ("ifGenerationNotMatch=0", false, 412),
        ("ifGenerationNotMatch=0", true, 200), ("ifMetagenerationMatch=1", true, 200),
        ("ifMetagenerationMatch=2", true, 412), ("ifMetagenerationMatch=1", false, 412),
        ("ifMetagenerationNotMatch=1", true, 412), ("ifMetagenerationNotMatch=2", true, 200),
        ("ifGenerationMatch=x", true, 400),
    ]

    @Test(arguments: writes) func checksPreconditionsOfWrites(query: String, exists: Bool, status: Int) async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            var generation = "1"
            if exists { generation = try await cloud.upload("x", [1]).json["generation"]?.stringValue ?? "" }
            let answer = try await cloud.upload("x", [2], query: "&" + query.replacing("{g}", with: generation))
            #expect(answer.status == status)
            if status == 412 { #expect(answer.reason == "conditionNotMet") }
        }
    }

    @Test func checksPreconditionsOfReadsPatchesAndDeletes() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let generation = try await cloud.upload("x", [1]).json["generation"]?.stringValue ?? ""
            func send(_ method: String, _ query: String) async throws -> Int {
                try await cloud.client.send(method, "/storage/v1/b/training/o/x?\(query)").status
            }
            #expect(try await send("GET", "ifGenerationMatch=1") == 412)
            #expect(try await send("GET", "ifGenerationNotMatch=\(generation)") == 304)
            #expect(try await send("GET", "ifMetagenerationNotMatch=1&alt=media") == 304)
            #expect(try await send("GET", "generation=1") == 404)
            #expect(try await send("GET", "generation=\(generation)") == 200)
            #expect(try await send("PATCH", "ifMetagenerationMatch=2") == 412)
            #expect(try await send("PATCH", "ifMetagenerationMatch=1") == 200)
            #expect(try await send("PATCH", "ifMetagenerationMatch=1") == 412)
            #expect(try await send("DELETE", "ifGenerationMatch=1") == 412)
            #expect(try await send("DELETE", "ifGenerationMatch=\(generation)") == 204)
            #expect(try await send("DELETE", "") == 404)
        }
    }

    @Test func refusesBytesThatDoNotHashAsSaid() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let target = "/upload/storage/v1/b/training/o?uploadType=media&name=x"
            for hash in ["crc32c=AAAAAA==", "md5=AAAAAAAAAAAAAAAAAAAAAA=="] {
                let answer = try await cloud.client.send("POST", target, headers: [("x-goog-hash", hash)], body: [1])
                #expect(answer.status == 400)
                #expect(answer.reason == "invalid")
            }
            #expect(try await cloud.download("x").status == 404)
            let right = CRC32C.checksum(of: [1]).base64
            let hashes = [("x-goog-hash", "crc32c=\(right)")]
            #expect(try await cloud.client.send("POST", target, headers: hashes, body: [1]).status == 200)
        }
    }

    static let ranges: [(header: String, status: Int, body: String)] = [
        ("bytes=0-3", 206, "0123"), ("bytes=4-", 206, "456789"), ("bytes=-2", 206, "89"), ("bytes=8-99", 206, "89"),
        ("bytes=-99", 206, "0123456789"), ("bytes=10-", 416, ""), ("bytes=-0", 416, ""),
        ("bytes=3-1", 200, "0123456789"), ("lines=1-2", 200, "0123456789"),
    ]

    @Test(arguments: ranges) func servesRanges(header: String, status: Int, body: String) async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("x", Array("0123456789".utf8))
            let answer = try await cloud.download("x", headers: [("range", header)])
            #expect(answer.status == status)
            if status != 416 { #expect(answer.body == Array(body.utf8)) }
            if status == 416 { #expect(answer.headers["content-range"] == "bytes */10") }
        }
    }

    @Test func namesNeverReachTheFileSystem() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            for name in ["../../escape", "/etc/passwd", "a/../b", "..%2f", "a//b", "a/", "C:\\x", "-rf"] {
                #expect(try await cloud.upload(name, Array(name.utf8)).status == 200)
                #expect(try await cloud.download(name).body == Array(name.utf8))
            }
            for name in ["", ".", "..", "a\nb", "a\0b", String(repeating: "x", count: 1025)] {
                #expect(try await cloud.upload(name, [1]).status == 400)
            }
        }
    }

    @Test func speaksErrorsAsTheServiceDoes() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let noObject = try await cloud.download("none")
            #expect(noObject.status == 404)
            #expect(noObject.json["error"]?["code"] == 404)
            #expect(noObject.json["error"]?["message"] == "No such object: training/none")
            #expect(noObject.reason == "notFound")
            #expect(try await cloud.upload("x", [1], bucket: "nowhere").status == 404)
            #expect(try await cloud.client.send("POST", "/storage/v1/b", ["name": "training"]).status == 409)
            #expect(try await cloud.client.send("POST", "/storage/v1/b", ["name": "X"]).status == 400)
            #expect(try await cloud.client.send("GET", "/healthz").status == 200)
            let foreign = [("host", "evil.example:80")]
            #expect(try await cloud.client.send("GET", "/storage/v1/b", headers: foreign).status == 403)
        }
    }

    @Test func composesAtMost32() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            _ = try await cloud.upload("p", [1, 2])
            func compose(_ count: Int) async throws -> TestResponse {
                let sources = JSON.array(Array(repeating: ["name": "p"], count: count))
                return try await cloud.client.send(
                    "POST",
                    "/storage/v1/b/training/o/joined/compose",
                    ["sourceObjects": sources]
                )
            }
            let answer = try await compose(32)
            #expect(answer.json["componentCount"] == 32)
            #expect(answer.json["md5Hash"] == nil)
            let bytes = Array(repeating: [1, 2] as [UInt8], count: 32).flatMap { $0 }
            #expect(answer.json["crc32c"]?.stringValue == CRC32C.checksum(of: bytes).base64)
            #expect(try await compose(33).status == 400)
            #expect(try await compose(0).status == 400)
        }
    }

    @Test func copiesOutliveTheirSource() async throws {
        try await TestCloud.run { (cloud: TestCloud) async throws in
            let source = try await cloud.upload("from", Array("bytes".utf8), bucket: "staging")
            let generation = source.json["generation"]?.stringValue ?? ""
            let target = "/storage/v1/b/staging/o/from/rewriteTo/b/training/o/d%2Fto?ifSourceGenerationMatch="
            #expect(try await cloud.client.send("POST", target + "1").status == 412)
            let answer = try await cloud.client.send("POST", target + generation + "&ifGenerationMatch=0")
            #expect(answer.json["done"] == true)
            #expect(answer.json["resource"]?["name"] == "d/to")
            #expect(try await cloud.client.send("POST", target + generation + "&ifGenerationMatch=0").status == 412)
            _ = try await cloud.client.send("DELETE", "/storage/v1/b/staging/o/from")
            #expect(try await cloud.download("d/to").body == Array("bytes".utf8))
        }
    }
}

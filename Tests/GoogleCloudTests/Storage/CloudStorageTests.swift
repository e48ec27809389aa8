import GoogleCloud
import SignalboxCore
import Testing
import Wire

@Suite("Cloud Storage")
struct CloudStorageTests {
    typealias Script = ScriptedTransport
    static let object = ObjectName(bucket: "b", name: "dir/o ü")
    static let bytes = Array("hello, robot".utf8)

    /// The resource of `bytes`.
    static func stored(generation: Int64 = 5, metadata: JSON? = nil) -> JSON {
        resource("dir/o ü", generation: generation, bytes: bytes, metadata: metadata)
    }

    @Test("asks for what it is told, percent-encoded, with all preconditions")
    func metadata() async throws {
        let service = ScriptedService([Script.answer(200, Self.stored(metadata: ["k": "v"]))])
        let preconditions = ObjectPreconditions(
            generationMatch: 1,
            generationNotMatch: 2,
            metagenerationMatch: 3,
            metagenerationNotMatch: 4
        )
        let metadata = try await service.storage().metadata(of: Self.object, generation: 9, if: preconditions)
        #expect(metadata.metadata == ["k": "v"])
        #expect(metadata.size == 12)
        #expect(
            service.transport.sent.first?.url
                == "http://gcs/storage/v1/b/b/o/dir%2Fo%20%C3%BC?ifGenerationMatch=1&ifGenerationNotMatch=2"
                + "&ifMetagenerationMatch=3&ifMetagenerationNotMatch=4&generation=9"
        )
    }

    @Test("pages follow one another")
    func list() async throws {
        let service = ScriptedService([
            Script.answer(200, ["items": [resource("a"), resource("b")], "nextPageToken": "t=1"]),
            Script.answer(200, [:]),
        ])
        let objects = try await service.storage().listAll(bucket: "b", prefix: "x/")
        #expect(objects.map(\.name.name) == ["a", "b"])
        #expect(service.transport.sent.map(\.url)[1].hasSuffix("?prefix=x%2F&maxResults=1000&pageToken=t%3D1"))
    }

    @Test("a copy goes on with its token until it is done")
    func rewrite() async throws {
        let service = ScriptedService([
            Script.answer(200, ["done": false, "rewriteToken": "t1"]), Script.error(503),
            Script.answer(200, ["done": false, "rewriteToken": "t2"]),
            Script.answer(200, ["done": true, "resource": Self.stored(generation: 8)]),
        ])
        let destination = ObjectName(bucket: "c", name: "d")
        let copied = try await service.storage().copy(Self.object, generation: 5, to: destination, if: .doesNotExist)
        #expect(copied.generation == 8)
        let urls = service.transport.sent.map(\.url)
        #expect(urls[0].contains("/rewriteTo/b/c/o/d?ifGenerationMatch=0&sourceGeneration=5"))
        #expect(urls[2].hasSuffix("rewriteToken=t1"))
        #expect(urls[3].hasSuffix("rewriteToken=t2"))
    }

    @Test("small bodies go in one request, with their checksum ahead")
    func multipart() async throws {
        let service = ScriptedService([Script.answer(200, Self.stored())])
        _ = try await service.storage().write(
            Self.object,
            .bytes(Self.bytes),
            contentType: "text/plain",
            metadata: ["k": "v"],
            if: .generation(4)
        )
        let sent = try #require(service.transport.sent.first)
        #expect(sent.url == "http://gcs/upload/storage/v1/b/b/o?ifGenerationMatch=4&uploadType=multipart")
        let type = try #require(sent.headers["content-type"])
        let boundary = try #require(type.split(separator: "=").last)
        let body = String(decoding: sent.body, as: UTF8.self)
        #expect(body.hasPrefix("--\(boundary)\r\n"))
        #expect(body.contains("\"crc32c\":\"\(CRC32C.checksum(of: Self.bytes).base64)\""))
        #expect(body.contains("\"metadata\":{\"k\":\"v\"}"))
        #expect(body.hasSuffix("\r\n\r\nhello, robot\r\n--\(boundary)--\r\n"))
    }

    /// Writes `bytes` by a script.
    private static func write(_ steps: [Script.Step]) async throws -> (ObjectMetadata, ScriptedTransport) {
        let service = ScriptedService(steps)
        let metadata = try await service.storage().write(
            object,
            .bytes(bytes),
            contentType: "text/plain",
            metadata: ["k": "v"],
            if: .doesNotExist
        )
        return (metadata, service.transport)
    }

    @Test("a write whose answer was lost, and which then finds its own object, is a write")
    func lostWrite() async throws {
        let own = Self.stored(generation: 6, metadata: ["k": "v"])
        let (metadata, transport) = try await Self.write([
            Script.failure(.connectionLost), Script.error(412), Script.answer(200, own),
        ])
        #expect(metadata.generation == 6)
        #expect(transport.stepsLeft == 0)
    }

    @Test("another's object is a failed precondition, and so is one's own that was not asked for twice")
    func foreignWrite() async throws {
        let foreign = [
            Self.stored(metadata: ["k": "w"]), Self.stored(),
            resource("dir/o ü", bytes: Array("hello, Robot".utf8), metadata: ["k": "v"]),
        ]
        for present in foreign {
            let steps = [Script.failure(.connectionLost), Script.error(412), Script.answer(200, present)]
            #expect(await code { _ = try await Self.write(steps) } == .preconditionFailed)
        }
        let own = Self.stored(metadata: ["k": "v"])
        for first in [Script.failure(.connectFailed), Script.error(429)] {
            let steps = [first, Script.error(412), Script.answer(200, own)]
            #expect(await code { _ = try await Self.write(steps) } == .preconditionFailed)
        }
        #expect(await code { _ = try await Self.write([Script.error(412)]) } == .preconditionFailed)
    }

    @Test("a lost delete of a generation that is gone is a delete")
    func lostDelete() async {
        let steps = [Script.failure(.timedOut), Script.error(404)]
        let service = ScriptedService(steps)
        #expect(await code { try await service.storage().delete(Self.object, generation: 5, if: .none) } == nil)
        let plain = ScriptedService([Script.error(404)])
        #expect(await code { try await plain.storage().delete(Self.object, generation: 5, if: .none) } == .notFound)
        let conditional = ScriptedService([Script.error(503), Script.error(412), Script.error(404)])
        #expect(
            await code { try await conditional.storage().delete(Self.object, generation: nil, if: .generation(5)) }
                == nil
        )
        let another = ScriptedService([Script.error(503), Script.error(412), Script.answer(200, Self.stored())])
        #expect(
            await code { try await another.storage().delete(Self.object, generation: nil, if: .generation(4)) }
                == .preconditionFailed
        )
    }

    @Test("a lost patch and a lost copy find their own work")
    func lostPatchAndCopy() async throws {
        let patched = resource(metageneration: 4, metadata: ["a": "1"])
        let name = ObjectName(bucket: "b", name: "o")
        let patch = ScriptedService([
            Script.failure(.connectionLost), Script.error(412), Script.answer(200, patched),
        ])
        let metadata = try await patch.storage().patch(
            name,
            metadata: ["a": "1", "b": nil],
            if: ObjectPreconditions(metagenerationMatch: 3)
        )
        #expect(metadata.metageneration == 4)
        let sent = patch.transport.sent.first
        #expect(sent?.json == ["metadata": ["a": "1", "b": nil]])

        let copy = ScriptedService([
            Script.failure(.connectionLost), Script.error(412),
            Script.answer(200, resource("d", generation: 9, bytes: Self.bytes)), Script.answer(200, Self.stored()),
        ])
        let destination = ObjectName(bucket: "b", name: "d")
        let copied = try await copy.storage().copy(Self.object, generation: 5, to: destination, if: .doesNotExist)
        #expect(copied.generation == 9)
    }

    @Test("a compose of too many sources is refused before it is asked")
    func composeLimits() async {
        let service = ScriptedService([])
        for count in [0, 33] {
            let sources = (0..<count).map { "s\($0)" }
            #expect(
                await code {
                    _ = try await service.storage().compose(
                        sources,
                        to: Self.object,
                        contentType: "text/plain",
                        if: .none
                    )
                } == .invalidArgument
            )
        }
        #expect(service.transport.sent.isEmpty)
    }
}

import GoogleCloud
import SignalboxCore
import Testing
import Wire

@Suite("Cloud Storage, downloads")
struct DownloadTests {
    typealias Script = ScriptedTransport
    static let object = ObjectName(bucket: "b", name: "o")
    static let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    static let head = Script.answer(200, resource(bytes: bytes))

    private static func read(
        _ service: ScriptedService,
        range: Range<Int64>? = nil,
        generation: Int64? = nil
    ) async throws -> [UInt8] {
        let content = try await service.storage().read(object, generation: generation, range: range, if: .none)
        return try await content.body.collect(bytesMax: 1 << 20)
    }

    @Test("the bytes are those of the generation whose metadata was read")
    func pinned() async throws {
        let service = ScriptedService([Self.head, Script.answer(200, bytes: Self.bytes)])
        #expect(try await Self.read(service) == Self.bytes)
        let sent = service.transport.sent[1]
        #expect(sent.url == "http://gcs/storage/v1/b/b/o/o?alt=media&generation=5")
        #expect(sent.headers["range"] == nil)
    }

    @Test("a broken connection goes on from the byte reached")
    func resumes() async throws {
        let service = ScriptedService([
            Self.head, Script.broken(200, bytes: Array(Self.bytes[..<400])), Script.failure(.connectFailed),
            Script.error(503), Script.broken(206, bytes: Array(Self.bytes[400..<401])),
            // Ends early without an error.
            Script.answer(206, bytes: Array(Self.bytes[401..<900])),
            Script.answer(206, bytes: Array(Self.bytes[900...])),
        ])
        #expect(try await Self.read(service) == Self.bytes)
        #expect(
            service.transport.sent.dropFirst(2).map { $0.headers["range"] }
                == ["bytes=400-999", "bytes=400-999", "bytes=400-999", "bytes=401-999", "bytes=900-999"]
        )
        #expect(service.transport.sent.dropFirst().allSatisfy { $0.url.hasSuffix("generation=5") })
    }

    @Test("ranges are cut at the end, and a server that sends all is cut too", arguments: [true, false])
    func ranges(serverKnowsRanges: Bool) async throws {
        let answer =
            serverKnowsRanges
            ? Script.answer(206, bytes: Array(Self.bytes[990...])) : Script.answer(200, bytes: Self.bytes)
        let service = ScriptedService([Self.head, answer])
        #expect(try await Self.read(service, range: 990..<5000) == Array(Self.bytes[990...]))
        #expect(service.transport.sent[1].headers["range"] == "bytes=990-999")
    }

    @Test("a range outside the object is told")
    func outOfRange() async {
        let service = ScriptedService([Self.head])
        #expect(await code { _ = try await Self.read(service, range: 1000..<1001) } == .outOfRange)
    }

    @Test("bytes that do not match their checksum are a loss of data, at the end")
    func checksum() async {
        var damaged = Self.bytes
        damaged[500] ^= 1
        let service = ScriptedService([Self.head, Script.answer(200, bytes: damaged)])
        #expect(await code { _ = try await Self.read(service) } == .dataLoss)
    }

    @Test("an object replaced before its bytes came is read anew; a pinned one is not")
    func replaced() async throws {
        let next = Array("new".utf8)
        let service = ScriptedService([
            Self.head, Script.error(404), Script.answer(200, resource(generation: 6, bytes: next)),
            Script.answer(200, bytes: next),
        ])
        #expect(try await Self.read(service) == next)
        let pinned = ScriptedService([Self.head, Script.error(404)])
        #expect(await code { _ = try await Self.read(pinned, generation: 5) } == .notFound)
    }

    @Test("an empty object is not asked for")
    func empty() async throws {
        let service = ScriptedService([Script.answer(200, resource())])
        #expect(try await Self.read(service).isEmpty)
    }

    @Test("connections without a byte come to an end")
    func stalls() async {
        let broken = (0..<50).map { _ in Script.broken(200, bytes: []) }
        let service = ScriptedService([Self.head] + broken)
        #expect(await code { _ = try await Self.read(service) } == .unavailable)
        #expect(service.transport.sent.count < 12)
    }
}

import GoogleCloud
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("Cloud Storage, resumable uploads")
struct ResumableUploadTests {
    typealias Script = ScriptedTransport

    /// A server of one upload that takes, loses and breaks as it is told.
    final class Server: HTTPTransport {
        /// What happens to a part.
        enum Fault {
            /// So many of its bytes arrive, and the connection breaks.
            case breaks(after: Int)
            /// All arrive, and the answer is lost.
            case losesAnswer
            /// None arrives.
            case busy
            /// The session is forgotten.
            case forgets
        }

        struct State {
            var received: [UInt8] = []
            var sessions = 0
            var object: [UInt8]?
            var faults: [Int: Fault]
            var parts = 0
        }

        let length: Int
        let state: Mutex<State>

        init(length: Int, faults: [Int: Fault]) {
            self.length = length
            state = Mutex(State(faults: faults))
        }

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            guard case .bytes(let body) = request.body else { return respond(200, objectResource()) }
            return try state.withLock { state in
                if request.method == "POST" {
                    state.sessions += 1
                    state.received = []
                    return Self.response(200, [:], ["Location": "http://gcs/session/\(state.sessions)"])
                }
                let range = request.headers["content-range"] ?? ""
                if body.isEmpty { return range.hasPrefix("bytes */") ? status(state) : Self.response(400, [:], [:]) }
                return try take(body, range, &state)
            }
        }

        private func take(_ body: [UInt8], _ range: String, _ state: inout State) throws -> HTTPResponse {
            state.parts += 1
            let start = Int(range.dropFirst(6).prefix { $0 != "-" })
            guard start == state.received.count else { return Self.response(400, [:], [:]) }
            let lost = HTTPClientError(.connectionLost, "planned")
            switch state.faults[state.parts] {
            case .breaks(let count):
                state.received += body.prefix(count)
                throw lost
            case .busy: return Self.response(503, [:], ["Retry-After": "1"])
            case .forgets: return Self.response(410, [:], [:])
            case .losesAnswer:
                state.received += body
                finish(&state)
                throw lost
            case nil:
                state.received += body
                finish(&state)
                return status(state)
            }
        }

        private func finish(_ state: inout State) {
            if state.received.count == length { state.object = state.received }
        }

        private func status(_ state: State) -> HTTPResponse {
            if let object = state.object { return Self.response(200, resource(bytes: object), [:]) }
            let count = state.received.count
            return Self.response(308, [:], count == 0 ? [:] : ["Range": "bytes=0-\(count - 1)"])
        }

        private func objectResource() -> JSON { resource(bytes: state.withLock { $0.object ?? [] }) }
        private func respond(_ status: Int, _ json: JSON) -> HTTPResponse { Self.response(status, json, [:]) }

        private static func response(_ status: Int, _ json: JSON, _ headers: HTTPHeaders) -> HTTPResponse {
            HTTPResponse(status: status, headers: headers, body: BytesStream(json.bytes))
        }
    }

    /// Bytes that can be read again, in chunks that fit no part.
    struct Source: ObjectSource {
        let bytes: [UInt8]
        var length: Int64 { Int64(bytes.count) }
        func stream(from offset: Int64) -> any ByteStream {
            BytesStream(Array(bytes[Int(offset)...]), chunkBytes: 100_003)
        }
    }

    static let bytes = (0..<(1 << 20) + 17).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    static func upload(_ server: Server, _ body: ObjectBody) async throws -> ObjectMetadata {
        let service = ScriptedService([])
        var context = service.context
        context.transport = server
        let storage = CloudStorage(endpoint: "http://gcs", credentials: nil, context: context, partBytes: 256 << 10)
        let name = ObjectName(bucket: "b", name: "o")
        return try await storage.write(name, body, contentType: "text/plain", metadata: [:], if: .doesNotExist)
    }

    static let faults: [[Int: Server.Fault]] = [
        [:],
        [1: .breaks(after: 0), 2: .breaks(after: 1000), 3: .busy],
        [2: .losesAnswer, 3: .breaks(after: 77)],
        [5: .losesAnswer],
        [3: .forgets],
        [1: .busy, 2: .busy, 3: .forgets, 4: .forgets],
    ]

    @Test("the object is whole whatever breaks on the way", arguments: faults.indices, [true, false])
    func survives(_ index: Int, fromSource: Bool) async throws {
        let server = Server(length: Self.bytes.count, faults: Self.faults[index])
        let body = fromSource ? ObjectBody.source(Source(bytes: Self.bytes)) : .bytes(Self.bytes)
        let metadata = try await Self.upload(server, body)
        #expect(metadata.crc32c == CRC32C.checksum(of: Self.bytes))
        #expect(server.state.withLock { $0.object } == Self.bytes)
    }

    @Test("a service that takes no byte ends the upload")
    func stalls() async {
        let faults = Dictionary(uniqueKeysWithValues: (1...100).map { ($0, Server.Fault.breaks(after: 0)) })
        let server = Server(length: Self.bytes.count, faults: faults)
        #expect(await code { _ = try await Self.upload(server, .bytes(Self.bytes)) } == .unavailable)
        #expect(server.state.withLock { $0.parts } <= RetryPolicy.standard.attemptsMax)
    }

    /// Answers the nth part, and every question, with so many bytes.
    private static func stuck(_ safe: @escaping @Sendable (Int) -> Int) -> ScriptedService {
        let parts = Mutex(0)
        let session = Script.answer(200, [:], ["Location": "http://gcs/session"])
        let range: Script.Step = { _ in
            let count = parts.withLock { parts in
                parts += 1
                return safe(parts)
            }
            let headers: HTTPHeaders = count == 0 ? [:] : ["Range": "bytes=0-\(count - 1)"]
            return HTTPResponse(status: 308, headers: headers, body: BytesStream([]))
        }
        return ScriptedService([session] + Array(repeating: range, count: 200))
    }

    @Test(
        "a service that gets no further ends the upload",
        arguments: [
            { @Sendable _ in bytes.count },
            { @Sendable part in part % 2 == 1 ? 256 << 10 : 0 },
            { @Sendable part in part % 2 == 1 ? 512 << 10 : 256 << 10 },
        ] as [@Sendable (Int) -> Int]
    )
    func getsNoFurther(safe: @escaping @Sendable (Int) -> Int) async {
        let service = Self.stuck(safe)
        let before = service.clock.now()
        let name = ObjectName(bucket: "b", name: "o")
        let outcome = await code {
            _ = try await service.storage()
                .write(name, .bytes(Self.bytes), contentType: "text/plain", metadata: [:], if: .doesNotExist)
        }
        #expect(outcome == .unavailable)
        #expect(service.transport.sent.count <= 2 * RetryPolicy.standard.attemptsMax + 2)
        #expect(service.clock.now() > before)
    }

    @Test("a service that forgets every session ends the upload")
    func forgets() async {
        let faults = Dictionary(uniqueKeysWithValues: (1...100).map { ($0, Server.Fault.forgets) })
        let server = Server(length: Self.bytes.count, faults: faults)
        #expect(await code { _ = try await Self.upload(server, .bytes(Self.bytes)) } == .notFound)
        #expect(server.state.withLock { $0.sessions } == 3)
    }

    @Test("a source that is not as long as it said is refused")
    func changedSource() async {
        struct Short: ObjectSource {
            let length: Int64 = 1 << 20
            func stream(from offset: Int64) -> any ByteStream { BytesStream([1, 2, 3]) }
        }
        let server = Server(length: 1 << 20, faults: [:])
        #expect(await code { _ = try await Self.upload(server, .source(Short())) } == .invalidArgument)
        #expect(server.state.withLock { $0.sessions } == 0)
    }

    @Test("the token goes only where the session was begun")
    func tokens() async throws {
        let bytes = [UInt8](repeating: 1, count: 300_000)
        let service = ScriptedService([
            Script.answer(200, [:], ["Location": "http://elsewhere/session"]),
            Script.answer(200, resource(bytes: bytes)),
        ])
        let storage = CloudStorage(
            endpoint: "http://gcs",
            credentials: FixedCredentials(token: "secret"),
            context: service.context,
            partBytes: 256 << 10
        )
        let name = ObjectName(bucket: "b", name: "o")
        // The script ends the upload at its first part, which is enough to see.
        _ = try await storage.write(name, .bytes(bytes), contentType: "text/plain", metadata: [:], if: .none)
        #expect(service.transport.sent.map { $0.headers["authorization"] } == ["Bearer secret", nil])
    }
}

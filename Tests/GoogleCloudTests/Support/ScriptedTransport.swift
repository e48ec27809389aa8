import GoogleCloud
import SignalboxCore
import SignalboxTesting
import Synchronization
import Wire

/// A transport that answers each request by the next step of a script, and keeps what was asked.
final class ScriptedTransport: HTTPTransport {
    /// What happens to one request.
    typealias Step = @Sendable (HTTPRequest) async throws -> HTTPResponse

    /// A request as it was sent, its body collected.
    struct Sent: Sendable {
        let method: String
        let url: String
        let headers: HTTPHeaders
        let body: [UInt8]

        var json: JSON? { try? JSON(parsing: body) }
    }

    private let steps: Mutex<[Step]>
    private let log = Mutex<[Sent]>([])

    init(_ steps: [Step]) { self.steps = Mutex(steps) }

    /// All requests so far.
    var sent: [Sent] { log.withLock { $0 } }
    /// How many steps nobody has asked for.
    var stepsLeft: Int { steps.withLock { $0.count } }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        var body: [UInt8] = []
        if case .bytes(let bytes) = request.body { body = bytes }
        let sent = Sent(method: request.method, url: request.url, headers: request.headers, body: body)
        log.withLock { $0.append(sent) }
        let step = steps.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let step else { throw HTTPClientError(.failed, "the script is over: \(request.method) \(request.url)") }
        return try await step(request)
    }
}

extension ScriptedTransport {
    /// An answer.
    static func answer(_ status: Int, _ json: JSON = [:], _ headers: HTTPHeaders = [:]) -> Step {
        { _ in HTTPResponse(status: status, headers: headers, body: BytesStream(json.bytes)) }
    }

    /// An answer of bytes.
    static func answer(_ status: Int, bytes: [UInt8], _ headers: HTTPHeaders = [:]) -> Step {
        { _ in HTTPResponse(status: status, headers: headers, body: BytesStream(bytes, chunkBytes: 7)) }
    }

    /// An answer whose body breaks behind these bytes.
    static func broken(_ status: Int, bytes: [UInt8]) -> Step {
        { _ in HTTPResponse(status: status, headers: [:], body: BrokenStream(bytes)) }
    }

    /// No answer.
    static func failure(_ code: HTTPClientError.Code) -> Step { { _ in throw HTTPClientError(code, "planned") } }

    /// An error in Google's form.
    static func error(_ status: Int, _ name: String = "", _ headers: HTTPHeaders = [:]) -> Step {
        answer(
            status,
            ["error": ["code": .integer(Int64(status)), "message": "planned", "status": .string(name)]],
            headers
        )
    }
}

/// Bytes, and then a broken connection.
actor BrokenStream: ByteStream {
    private var bytes: [UInt8]?

    init(_ bytes: [UInt8]) { self.bytes = bytes.isEmpty ? nil : bytes }

    func next() throws -> [UInt8]? {
        guard let bytes = bytes.take() else { throw HTTPClientError(.connectionLost, "planned") }
        return bytes
    }
}

/// Everything that a client of a script needs.
struct ScriptedService {
    let transport: ScriptedTransport
    let clock = ManualClock(skipsSleep: true)
    let context: ServiceContext

    init(_ steps: [ScriptedTransport.Step], policy: RetryPolicy = .standard) {
        transport = ScriptedTransport(steps)
        context = ServiceContext(
            transport: transport,
            clock: clock,
            random: SeededRandomSource(seed: 7),
            retryPolicy: policy
        )
    }

    func storage(partBytes: Int = 256 << 10) -> CloudStorage {
        CloudStorage(endpoint: "http://gcs", credentials: nil, context: context, partBytes: partBytes)
    }

    var firestore: Firestore {
        Firestore(project: "p", endpoint: "http://fs", credentials: FixedCredentials.emulatorOwner, context: context)
    }
}

/// The code of the error that a call throws.
func code(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}

/// A resource of an object as Cloud Storage writes it.
func resource(
    _ name: String = "o",
    generation: Int64 = 5,
    metageneration: Int64 = 1,
    bytes: [UInt8] = [],
    metadata: JSON? = nil
) -> JSON {
    var members: [String: JSON] = [
        "bucket": "b", "name": .string(name), "generation": .string(String(generation)),
        "metageneration": .string(String(metageneration)), "size": .string(String(bytes.count)),
        "crc32c": .string(CRC32C.checksum(of: bytes).base64), "contentType": "text/plain",
        "timeCreated": "2026-01-02T03:04:05.678Z", "updated": "2026-01-02T03:04:05.678Z",
    ]
    if let metadata { members["metadata"] = metadata }
    return .object(members)
}

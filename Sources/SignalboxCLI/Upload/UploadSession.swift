import SignalboxCore
import Wire

/// An upload in parts that goes on where it broke
/// (https://cloud.google.com/storage/docs/performing-resumable-uploads), known by the URL of its session alone: another
/// process may take it over.
struct UploadSession: Sendable {
    /// Bytes of an answer.
    private static let answerBytesMax = 1 << 20
    /// Bytes of one part, a multiple of 256 KiB: what is sent again, at worst, when a process is killed.
    static let partBytes: Int64 = 16 << 20
    /// How long a question may take.
    private static let questionTimeout = Duration.seconds(60)

    /// Where the upload stands.
    enum Progress: Sendable, Equatable {
        /// The object is there, as this generation.
        case done(generation: Int64)
        /// So many bytes are safe.
        case safe(Int64)
        /// The service does not know the session any more.
        case gone
    }

    private let url: String
    private let size: Int64
    private let transport: any HTTPTransport

    /// A session that was begun.
    init(url: String, size: Int64, transport: any HTTPTransport) {
        self.url = url
        self.size = size
        self.transport = transport
    }

    /// Asks how far it is.
    func ask() async throws -> Progress {
        let request = HTTPRequest(
            method: "PUT",
            url: url,
            headers: ["Content-Range": "bytes */\(size)"],
            body: .bytes([]),
            timeout: Self.questionTimeout
        )
        return try await progress(of: request)
    }

    /// Sends the next part from an offset on.
    func sendPart(
        of path: String,
        from offset: Int64,
        progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> Progress {
        let end = min(offset + Self.partBytes, size)
        let stream = try FilePart(path, from: offset, to: end, progress: progress)
        let request = HTTPRequest(
            method: "PUT",
            url: url,
            headers: ["Content-Range": "bytes \(offset)-\(end - 1)/\(size)"],
            body: .stream(stream, length: end - offset)
        )
        return try await self.progress(of: request)
    }

    private func progress(of request: HTTPRequest) async throws -> Progress {
        let response = try await transport.send(request)
        let body = try await response.body.collect(bytesMax: Self.answerBytesMax)
        switch response.status {
        case 200, 201:
            let text = try JSONReader(try JSON(parsing: body))["generation"].string()
            guard let generation = Int64(text) else {
                throw StoreError(.unavailable, "the service answered with the generation \(text)")
            }
            return .done(generation: generation)
        case 308: return .safe(try safeBytes(response.headers["Range"]))
        case 404, 410: return .gone
        default: throw Self.failure(response.status, body, "the upload")
        }
    }

    /// `bytes=0-1048575` says that 1,048,576 bytes are safe; no field, that none is.
    private func safeBytes(_ range: String?) throws -> Int64 {
        guard let range else { return 0 }
        guard range.hasPrefix("bytes=0-"), let last = Int64(range.dropFirst(8)), (0..<size).contains(last) else {
            throw StoreError(.unavailable, "the service says it has \(range) of \(size) bytes")
        }
        return last + 1
    }

    private static func failure(_ status: Int, _ body: [UInt8], _ subject: String) -> StoreError {
        let code: StoreError.Code =
            switch status {
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .notFound
            case 412: .preconditionFailed
            case 408, 500...: .unavailable
            case 429: .resourceExhausted
            default: .invalidArgument
            }
        let reader = (try? JSON(parsing: body)).map { JSONReader($0) }
        let text = reader?["error"]["message"].value.stringValue ?? "no explanation"
        return StoreError(code, "\(subject): HTTP \(status): \(text)")
    }
}

import SignalboxCore
import Wire

/// An upload in parts that goes on where it broke (https://cloud.google.com/storage/docs/performing-resumable-uploads).
struct ResumableUpload {
    /// What every part but the last must be a multiple of.
    static let partBytesUnit = 256 << 10
    /// How often an upload begins anew because the service forgot its session.
    private static let sessionsMax = 3

    let client: ServiceClient
    let partBytes: Int
    let url: String
    let resource: JSON
    let contentType: String
    let body: ObjectBody
    /// Whether a part went without an answer, so that the object may be there already.
    private var followsUnknown = false

    init(
        client: ServiceClient,
        partBytes: Int,
        url: String,
        resource: JSON,
        contentType: String,
        body: ObjectBody
    ) {
        self.client = client
        self.partBytes = partBytes
        self.url = url
        self.resource = resource
        self.contentType = contentType
        self.body = body
    }

    private enum Progress: Sendable {
        case done(ObjectMetadata)
        /// So many bytes are safe.
        case safe(Int64)
    }

    /// Uploads all; the object's resource at the end.
    mutating func run() async throws(ServiceError) -> ObjectMetadata {
        var sessions = 0
        while true {
            sessions += 1
            do throws(ServiceError) {
                return try await runSession()
            } catch {
                if error.status == 404 || error.status == 410, sessions < Self.sessionsMax { continue }
                var error = error
                error.followsUnknown = error.followsUnknown || followsUnknown
                throw error
            }
        }
    }

    private mutating func runSession() async throws(ServiceError) -> ObjectMetadata {
        let session = try await begin()
        let context = client.context
        var parts = PartReader(body)
        var (safe, highest): (Int64, Int64) = (0, 0)
        var lastProgress = context.clock.now()
        var stalls = 0
        /// Waits before the next try.
        func pause(after error: ServiceError) async throws(ServiceError) {
            stalls += 1
            let delay = context.retryPolicy.delay(
                afterAttempt: stalls,
                elapsed: context.clock.now() - lastProgress,
                retryAfter: error.retryAfter,
                random: context.random
            )
            guard error.isRetriable, let delay else { throw error }
            do { try await context.clock.sleep(for: delay) } catch { throw ServiceError(error) }
        }
        while true {
            let progress: Progress
            var hasPaused = false
            do throws(ServiceError) {
                progress = try await put(parts.read(from: safe, partBytes), at: safe, session)
            } catch {
                followsUnknown = followsUnknown || error.outcome == .unknown
                try await pause(after: error)
                hasPaused = true
                progress = try await ask(session)
            }
            switch progress {
            case .done(let metadata): return metadata
            case .safe(let bytes):
                safe = bytes
                if bytes > highest {
                    highest = bytes
                    stalls = 0
                    lastProgress = context.clock.now()
                } else if !hasPaused {
                    // All that was sent and yet no end, or fewer bytes than before.
                    try await pause(after: Self.noProgress(bytes))
                }
            }
        }
    }

    /// Begins a session; its URL.
    private func begin() async throws(ServiceError) -> String {
        var request = HTTPRequest.json("POST", url, resource)
        request.headers["X-Upload-Content-Type"] = contentType
        request.headers["X-Upload-Content-Length"] = String(body.length)
        return try await client.call(request, .idempotent) { response in
            guard let location = response.headers["location"] else {
                throw ServiceError(code: .unavailable, message: "the service gave no session", isRetriable: true)
            }
            return location
        }.value
    }

    /// Sends a part once; whether to send it again is for the service's account of what arrived to say.
    private func put(_ part: [UInt8], at offset: Int64, _ session: String) async throws(ServiceError) -> Progress {
        guard !part.isEmpty else { return try await ask(session) }
        let range = "bytes \(offset)-\(offset + Int64(part.count) - 1)/\(body.length)"
        var context = client.context
        context.retryPolicy.attemptsMax = 1
        let progress = try await send(range, part, session, context)
        if case .safe(offset) = progress { throw Self.noProgress(offset) }
        return progress
    }

    private static func noProgress(_ bytes: Int64) -> ServiceError {
        ServiceError(code: .unavailable, message: "the service gets no further than \(bytes) bytes", isRetriable: true)
    }

    /// Asks how far the service got.
    private func ask(_ session: String) async throws(ServiceError) -> Progress {
        try await send("bytes */\(body.length)", [], session, client.context)
    }

    private func send(
        _ range: String,
        _ bytes: [UInt8],
        _ session: String,
        _ context: ServiceContext
    ) async throws(ServiceError) -> Progress {
        let request = HTTPRequest(
            method: "PUT",
            url: session,
            headers: ["Content-Range": range],
            body: .bytes(bytes)
        )
        // The session's URL is its own credential; the token goes only where the session was begun.
        let isAtHome = session.hasPrefix(url.prefix(while: { $0 != "?" }))
        let client = ServiceClient(context: context, tokens: isAtHome ? client.tokens : nil)
        return try await client.call(request, .idempotent, accepting: [200, 201, 308]) { response in
            let body = try await response.body.collect(bytesMax: ServiceClient.answerBytesMax)
            guard response.status == 308 else {
                return .done(try ObjectMetadata(resource: JSONReader(JSON(parsing: body))))
            }
            guard let range = response.headers["range"] else { return .safe(0) }
            guard range.hasPrefix("bytes=0-"), let last = Int64(range.dropFirst(8)), (0..<length).contains(last) else {
                throw ServiceError(code: .unavailable, message: "the service says it has \(range)")
            }
            return .safe(last + 1)
        }.value
    }

    private var length: Int64 { body.length }
}

/// Reads a body part by part, from wherever it is told.
private struct PartReader {
    private let body: ObjectBody
    private var stream: (any ByteStream)?
    private var position: Int64 = 0
    private var rest: ArraySlice<UInt8> = []

    init(_ body: ObjectBody) { self.body = body }

    /// The bytes from an offset on, so many unless the body ends.
    mutating func read(from offset: Int64, _ count: Int) async throws(ServiceError) -> [UInt8] {
        let wanted = Int(min(Int64(count), body.length - offset))
        switch body {
        case .bytes(let bytes): return Array(bytes[Int(offset)..<Int(offset) + wanted])
        case .source(let source):
            do {
                if stream == nil || position != offset {
                    stream = try source.stream(from: offset)
                    rest = []
                    position = offset
                }
                var part: [UInt8] = []
                part.reserveCapacity(wanted)
                while part.count < wanted {
                    if rest.isEmpty {
                        guard let chunk = try await stream?.next() else { throw SourceError.changed }
                        rest = chunk[...]
                    }
                    let piece = rest.prefix(wanted - part.count)
                    part += piece
                    rest = rest.dropFirst(piece.count)
                }
                position += Int64(wanted)
                return part
            } catch {
                throw ServiceError(error)
            }
        }
    }
}

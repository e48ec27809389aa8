import SignalboxCore
public import Wire

/// What every client of a Google API is made with.
public struct ServiceContext: Sendable {
    /// What sends requests.
    public var transport: any HTTPTransport
    /// The time, and how to wait.
    public var clock: any Clock
    /// For jitter and boundaries.
    public var random: any RandomSource
    /// How often a call is tried.
    public var retryPolicy: RetryPolicy

    /// A context of its parts.
    public init(
        transport: any HTTPTransport,
        clock: any Clock = SystemClock(),
        random: any RandomSource = SystemRandomSource(),
        retryPolicy: RetryPolicy = .standard
    ) {
        self.transport = transport
        self.clock = clock
        self.random = random
        self.retryPolicy = retryPolicy
    }
}

/// Sends calls, authorised and repeated as the policy has it.
struct ServiceClient: Sendable {
    let context: ServiceContext
    /// Where tokens come from; nil for calls without one.
    let tokens: TokenSource?

    /// An answer, and whether an attempt before it may have been carried out.
    struct Answer<Value: Sendable>: Sendable {
        let value: Value
        let followsUnknown: Bool
    }

    /// The longest JSON answer that is read: a page of 300 documents of a MiB would be longer, and fails.
    static let answerBytesMax = 64 << 20

    /// Sends a request until it is answered with a status of `accepted`, and reads the answer by `receive`, all within
    /// the bounds of the policy. A body of `receive` that breaks is another attempt.
    func call<Value: Sendable>(
        _ request: HTTPRequest,
        _ idempotency: Idempotency,
        accepting accepted: Set<Int> = [200],
        receive: (HTTPResponse) async throws -> Value
    ) async throws(ServiceError) -> Answer<Value> {
        let start = context.clock.now()
        var followsUnknown = false
        var hasNewToken = false
        var attempt = 0
        while true {
            attempt += 1
            var failure: ServiceError
            var token: AccessToken?
            do {
                token = try await tokens?.token()
                let value = try await send(request, token, accepted, receive)
                return Answer(value: value, followsUnknown: followsUnknown)
            } catch {
                failure = ServiceError(error)
            }
            if failure.status == 401, let token, !hasNewToken {
                // Revoked before its time; once, a new one may do.
                hasNewToken = true
                await tokens?.invalidate(token)
                continue
            }
            failure.followsUnknown = followsUnknown
            guard failure.isRetriable, failure.outcome == .refused || idempotency == .idempotent,
                let delay = context.retryPolicy.delay(
                    afterAttempt: attempt,
                    elapsed: context.clock.now() - start,
                    retryAfter: failure.retryAfter,
                    random: context.random
                )
            else { throw failure }
            followsUnknown = followsUnknown || failure.outcome == .unknown
            do { try await context.clock.sleep(for: delay) } catch { throw ServiceError(error) }
        }
    }

    private func send<Value: Sendable>(
        _ request: HTTPRequest,
        _ token: AccessToken?,
        _ accepted: Set<Int>,
        _ receive: (HTTPResponse) async throws -> Value
    ) async throws -> Value {
        var request = request
        if let token { request.headers["Authorization"] = "Bearer \(token.value)" }
        let response = try await context.transport.send(request)
        guard accepted.contains(response.status) else {
            throw await ServiceError(response, now: context.clock.now())
        }
        return try await receive(response)
    }

    /// A call that is answered with JSON.
    func json(
        _ request: HTTPRequest,
        _ idempotency: Idempotency,
        accepting accepted: Set<Int> = [200]
    ) async throws(ServiceError) -> Answer<JSONReader> {
        try await call(request, idempotency, accepting: accepted) { response in
            let body = try await response.body.collect(bytesMax: Self.answerBytesMax)
            return JSONReader(try JSON(parsing: body))
        }
    }
}

extension ServiceClient {
    /// A call that is answered with a stream of elements, which a server may end with an error after a good status
    /// (https://cloud.google.com/apis/design/errors): no elements then, but another attempt where it may pass.
    func elements(_ request: HTTPRequest, _ idempotency: Idempotency) async throws(ServiceError) -> [JSONReader] {
        try await call(request, idempotency) { response in
            let body = try await response.body.collect(bytesMax: Self.answerBytesMax)
            let elements = try JSONReader(try JSON(parsing: body)).array()
            for element in elements {
                if let error = element["error"].optional { throw ServiceError(element: error) }
            }
            return elements
        }.value
    }
}

extension HTTPRequest {
    /// A request that carries JSON.
    static func json(_ method: String, _ url: String, _ body: JSON) -> HTTPRequest {
        HTTPRequest(
            method: method,
            url: url,
            headers: ["Content-Type": "application/json; charset=utf-8"],
            body: .bytes(body.bytes)
        )
    }
}

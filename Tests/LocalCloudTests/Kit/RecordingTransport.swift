import Synchronization
import Wire

/// A receiver of events that a test scripts.
final class RecordingTransport: HTTPTransport {
    /// What the receiver does with a request.
    enum Answer: Sendable {
        case status(Int, retryAfter: Int? = nil)
        case connectionRefused
        /// Answers when the test says so.
        case hold
    }

    struct Refused: Error {}

    private struct State {
        var requests: [HTTPRequest] = []
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let answer: @Sendable (HTTPRequest, Int) -> Answer

    /// A receiver that answers a request by what it is and how many came before it.
    init(_ answer: @escaping @Sendable (HTTPRequest, Int) -> Answer = { _, _ in .status(204) }) {
        self.answer = answer
    }

    /// All requests so far.
    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    /// How many requests wait for ``release()``.
    var heldCount: Int { state.withLock { $0.held.count } }

    /// Answers all requests that wait.
    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let index = state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        switch answer(request, index) {
        case .status(let status, let retryAfter):
            var headers = HTTPHeaders()
            if let retryAfter { headers.add("Retry-After", String(retryAfter)) }
            return HTTPResponse(status: status, headers: headers, body: BytesStream([]))
        case .connectionRefused: throw Refused()
        case .hold:
            await withCheckedContinuation { continuation in state.withLock { $0.held.append(continuation) } }
            return HTTPResponse(status: 200, headers: [:], body: BytesStream([]))
        }
    }
}

extension HTTPRequest {
    /// The bytes of the body.
    var bodyBytes: [UInt8] {
        guard case .bytes(let bytes) = body else { return [] }
        return bytes
    }
}

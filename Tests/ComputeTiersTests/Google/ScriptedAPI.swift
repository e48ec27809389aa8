import GoogleCloud
import SignalboxTesting
import Synchronization
import Wire

/// A transport that answers each request by the next step of a script, and keeps what was asked.
final class ScriptedAPI: HTTPTransport {
    /// What happens to one request.
    enum Step: Sendable {
        /// An answer with a status and a body.
        case answer(Int, JSON)
        /// No answer.
        case failure(HTTPClientError.Code)
    }

    private let steps: Mutex<[Step]>
    private let log = Mutex<[String]>([])

    init(_ steps: [Step]) { self.steps = Mutex(steps) }

    /// The methods and URLs of all requests so far.
    var sent: [String] { log.withLock { $0 } }
    /// How many steps nobody has asked for.
    var stepsLeft: Int { steps.withLock { $0.count } }

    /// What clients are made with: one attempt a call, so that a script has one step a call.
    var context: ServiceContext {
        ServiceContext(
            transport: self,
            clock: ManualClock(skipsSleep: true),
            random: SeededRandomSource(seed: 7),
            retryPolicy: RetryPolicy(attemptsMax: 1, longest: .seconds(1), backoff: .standard)
        )
    }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        log.withLock { $0.append("\(request.method) \(request.url)") }
        switch steps.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
        case .answer(let status, let body):
            return HTTPResponse(status: status, headers: [:], body: BytesStream(body.bytes))
        case .failure(let code): throw HTTPClientError(code, "planned")
        case nil: throw HTTPClientError(.failed, "the script is over: \(request.method) \(request.url)")
        }
    }
}

extension ScriptedAPI.Step {
    /// An error in Google's form.
    static func error(_ status: Int, _ name: String, _ message: String = "planned", reason: String? = nil) -> Self {
        var error: [String: JSON] = [
            "code": .integer(Int64(status)), "message": .string(message), "status": .string(name),
        ]
        if let reason {
            error["details"] = [
                ["@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": .string(reason), "domain": "d"]
            ]
        }
        return .answer(status, ["error": .object(error)])
    }
}

import Synchronization
import Wire

/// A slurmrestd that answers what a test says, and remembers what it was asked.
final class ScriptedSlurm: HTTPTransport {
    /// A request as it came.
    struct Call: Sendable, Equatable {
        /// `GET /jobs/`: the path behind the version.
        let line: String
        /// The whole URL.
        let url: String
        /// The user's name and token.
        let user: String?
        let token: String?
        /// The body.
        let body: JSON
    }

    /// What is answered.
    struct Answer: Sendable {
        let status: Int
        let body: String

        static func json(_ json: JSON, status: Int = 200) -> Answer {
            Answer(status: status, body: json.serialized(pretty: true))
        }

        /// An answer about jobs.
        static func jobs(_ jobs: JSON...) -> Answer { json(["errors": [], "jobs": .array(jobs)]) }

        /// An error as v0.0.38 tells it.
        static func fault(_ number: Int64, _ message: String, status: Int = 500) -> Answer {
            let error: JSON = ["error_number": .integer(number), "error": .string(message)]
            return json(["errors": [error], "jobs": []], status: status)
        }
    }

    private let answer: @Sendable (Call, Int) throws -> Answer
    private let heard = Mutex<[Call]>([])

    /// A server.
    ///
    /// - Parameter answer: to a call, the how manieth with that line (from 0).
    init(_ answer: @escaping @Sendable (Call, Int) throws -> Answer) { self.answer = answer }

    /// What it was asked so far.
    var calls: [Call] { heard.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        var body: JSON = .null
        if case .bytes(let bytes) = request.body { body = try JSON(parsing: bytes) }
        let path = request.url.split(separator: "/", omittingEmptySubsequences: false).dropFirst(5)
        let call = Call(
            line: "\(request.method) /\(path.joined(separator: "/"))",
            url: request.url,
            user: request.headers["X-SLURM-USER-NAME"],
            token: request.headers["X-SLURM-USER-TOKEN"],
            body: body
        )
        let count = heard.withLock { heard in
            heard.append(call)
            return heard.count { $0.line == call.line } - 1
        }
        let answer = try answer(call, count)
        return HTTPResponse(status: answer.status, headers: [:], body: BytesStream(Array(answer.body.utf8)))
    }
}

/// A clock whose waits take no time; they are counted.
final class HastyClock: Clock {
    private let slept = Mutex<[Duration]>([])

    var waits: [Duration] { slept.withLock { $0 } }

    func now() -> Timestamp { Timestamp(seconds: 1_800_000_000) }

    func sleep(for duration: Duration) async throws { slept.withLock { $0.append(duration) } }
}

import Wire

/// Calls of MLflow's REST API, and what it takes at once.
struct MLflowAPI: Sendable {
    /// Parameters of one `log-batch`.
    static let parametersMax = 100
    /// Tags of one `log-batch`.
    static let tagsMax = 100
    /// Letters of a parameter's or a tag's value.
    static let valueLettersMax = 5_000
    /// Letters of a key.
    static let keyLettersMax = 250
    /// What a call may take.
    static let callSecondsMax: Int64 = 10
    /// Bytes of an answer.
    static let answerBytesMax = 1 << 20
    /// How much of a server's words is shown.
    private static let messageLettersMax = 200

    /// An answer of whatever status.
    struct Answer {
        let path: String
        let status: Int
        let body: JSON
    }

    private let settings: MLflowSettings
    private let transport: any HTTPTransport

    init(_ settings: MLflowSettings, transport: any HTTPTransport) {
        self.settings = settings
        self.transport = transport
    }

    /// A call that has to succeed.
    func post(_ path: String, _ body: JSON) async throws(TrackerError) -> JSON {
        let answer = try await exchange("POST", path, body)
        guard answer.status == 200 else { throw error(answer) }
        return answer.body
    }

    func exchange(_ method: String, _ path: String, _ body: JSON?) async throws(TrackerError) -> Answer {
        var request = HTTPRequest(
            method: method,
            url: "\(settings.endpoint)/api/2.0/mlflow/\(path)",
            timeout: .seconds(Self.callSecondsMax)
        )
        if let body {
            request.headers = ["Content-Type": "application/json"]
            request.body = .bytes(body.bytes)
        }
        if let authorisation = settings.authorisation { request.headers["Authorization"] = authorisation }
        do {
            let response = try await transport.send(request)
            let bytes = try await response.body.collect(bytesMax: Self.answerBytesMax)
            return Answer(path: path, status: response.status, body: (try? JSON(parsing: bytes)) ?? .null)
        } catch {
            throw TrackerError(.unreachable, "\(settings.endpoint): \(error)")
        }
    }

    /// A text that an answer must have at a JSON pointer.
    func text(_ body: JSON, _ pointer: String) throws(TrackerError) -> String {
        var value: JSON? = body
        for name in pointer.split(separator: "/") { value = value?[String(name)] }
        guard let text = value?.stringValue else {
            throw TrackerError(.answerMalformed, "\(settings.endpoint): an answer lacks \(pointer)")
        }
        return text
    }

    /// What an answer that is no success means.
    func error(_ answer: Answer) -> TrackerError {
        let code: TrackerError.Code =
            switch answer.status {
            case 401, 403: .unauthorised
            case 404, 408, 429, 500...: .unavailable
            case 200..<400: .answerMalformed
            default: .refused
            }
        let words = (answer.body["message"]?.stringValue ?? "").prefix(Self.messageLettersMax)
        let call = answer.path.prefix { $0 != "?" }
        return TrackerError(code, "\(settings.endpoint) answers \(answer.status) to \(call) \(words)")
    }

    /// A name in the letters that MLflow takes.
    static func key(_ name: String) -> String {
        let allowed: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber || "_-. /".contains($0)) }
        return String(name.prefix(keyLettersMax).map { allowed($0) ? $0 : "_" })
    }

    /// A number as protobuf's JSON has it (https://protobuf.dev/programming-guides/json).
    static func number(_ value: Double) -> JSON {
        if value.isNaN { return "NaN" }
        return value.isFinite ? .double(value) : value < 0 ? "-Infinity" : "Infinity"
    }
}

import CloudEvents
import Wire

/// An answer as it goes out.
struct HTTPAnswer: Sendable, Equatable {
    let status: Int
    /// Header fields beside content type and length.
    let headers: [(name: String, value: String)]
    let body: JSON

    init(status: Int, headers: [(name: String, value: String)] = [], body: JSON) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ answer: EventAnswer) {
        var body: [String: JSON] = ["decision": .string(answer.decision)]
        if let code = answer.code { body["code"] = .string(code) }
        switch answer {
        case .done(let detail), .refused(_, let detail):
            body["detail"] = detail
            self.init(status: 200, body: .object(body))
        case .unreadable(_, let message):
            body["message"] = .string(message)
            self.init(status: 400, body: .object(body))
        case .tryAgain(_, let seconds):
            body["retry_after_seconds"] = .integer(Int64(seconds))
            self.init(status: 503, headers: [("retry-after", String(seconds))], body: .object(body))
        }
    }

    init(_ error: EventError) {
        let body = HTTPAnswer(.unreadable(error)).body
        self.init(status: error.status, headers: error.code == .methodNotAllowed ? [("allow", "POST")] : [], body: body)
    }

    /// A caller who may not call, or of whom nothing can be known now.
    init(_ error: IDTokenError) {
        let decision = error.status == 503 ? "try_again" : "unauthenticated"
        let headers: [(name: String, value: String)] =
            switch error.status {
            case 401: [("www-authenticate", #"Bearer error="invalid_token""#)]
            case 503: [("retry-after", String(Self.keysSeconds))]
            default: []
            }
        self.init(
            status: error.status,
            headers: headers,
            body: [
                "decision": .string(decision), "code": .string(error.code.rawValue), "message": .string(error.message),
            ]
        )
    }

    /// How soon an event may come again whose caller cannot be known now.
    private static let keysSeconds = 10

    static func == (left: HTTPAnswer, right: HTTPAnswer) -> Bool {
        left.status == right.status && left.body == right.body
            && left.headers.elementsEqual(right.headers) { $0.name == $1.name && $0.value == $1.value }
    }
}

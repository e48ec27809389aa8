import SignalboxCore
import Wire

/// Why an attempt at a call failed: what the caller is told, and what the retry loop must know.
struct ServiceError: Error {
    /// What became of the attempt.
    enum Outcome {
        /// It was not carried out.
        case refused
        /// It may have been.
        case unknown
    }

    let code: StoreError.Code
    let message: String
    var status: Int?
    /// Why, in a word of the service's: see ``APIError/reason``.
    var reason: String?
    var outcome: Outcome = .refused
    var isRetriable = false
    var retryAfter: Duration?
    var cause: (any Error)?
    /// Whether an attempt before the one that failed may have been carried out, so that a failed precondition may be
    /// that attempt's own doing.
    var followsUnknown = false

    /// As the core knows it.
    func storeError(_ subject: String) -> StoreError { StoreError(code, "\(subject): \(message)", cause: cause) }
}

extension ServiceError {
    /// What the transport reports.
    init(_ error: HTTPClientError) {
        self.init(code: .unavailable, message: error.description, cause: error)
        switch error.code {
        case .cancelled: self = ServiceError(code: .cancelled, message: "the call was cancelled", outcome: .unknown)
        case .badURL, .badHeader: self = ServiceError(code: .invalidArgument, message: error.message, cause: error)
        case .requestBodyFailed, .headersTooLong, .bodyTooLong, .tlsFailed: break
        case .connectFailed: isRetriable = true
        case .connectionLost, .timedOut, .badResponse, .failed:
            isRetriable = true
            outcome = .unknown
        }
    }

    /// Anything else that an attempt threw.
    init(_ error: any Error) {
        switch error {
        case let error as ServiceError: self = error
        case let error as HTTPClientError: self.init(error)
        case let error as StoreError: self.init(code: error.code, message: error.message, cause: error.cause)
        case is CancellationError: self.init(code: .cancelled, message: "the call was cancelled", outcome: .unknown)
        case is JSONParseError, is JSONTypeError, is ByteStreamTooLong:
            self.init(
                code: .unavailable,
                message: "the service's answer cannot be read: \(error)",
                outcome: .unknown,
                isRetriable: true,
                cause: error
            )
        default: self.init(code: .unavailable, message: "\(error)", outcome: .unknown, cause: error)
        }
    }

    /// The longest error body that is read.
    private static let bodyBytesMax = 64 << 10
    /// The longest part of it that a message repeats where it is not JSON.
    private static let excerptBytes = 200

    /// An answer that is an error (https://cloud.google.com/apis/design/errors#http_mapping).
    init(_ response: HTTPResponse, now: Timestamp) async {
        let body = (try? await response.body.collect(bytesMax: Self.bodyBytesMax)) ?? []
        let reader = (try? JSON(parsing: body)).map { JSONReader($0) }
        // Streaming calls wrap the error in an array.
        let first = (try? reader?.array())?.first ?? reader
        let error = first?["error"]
        let name = error?["status"].value.stringValue
        let text = error?["message"].value.stringValue
        let excerpt = String(decoding: body.prefix(Self.excerptBytes), as: UTF8.self)
        self.init(
            code: Self.code(status: response.status, name: name),
            message: "HTTP \(response.status): \(text ?? (excerpt.isEmpty ? "no explanation" : excerpt))",
            status: response.status,
            reason: error.flatMap { Self.reason($0) },
            retryAfter: response.headers["retry-after"].flatMap { RetryAfter.parse($0, now: now) }
        )
        judge(status: response.status)
    }

    /// An error that stands where an element of an answer should.
    init(element error: JSONReader) {
        let status = Int((try? error["code"].integer(in: 100...599)) ?? 500)
        let name = error["status"].value.stringValue
        let text = error["message"].value.stringValue ?? "no explanation"
        self.init(
            code: Self.code(status: status, name: name),
            message: "HTTP \(status) within the answer: \(text)",
            status: status
        )
        judge(status: status)
    }

    /// Whether an error of this status passes, and what it says of the call.
    private mutating func judge(status: Int) {
        switch status {
        case 408, 429: isRetriable = true
        case 409: isRetriable = code == .aborted
        case 500, 502, 503, 504:
            isRetriable = true
            outcome = .unknown
        default: break
        }
    }

    /// The canonical code by its name, where the service gives one, else by the HTTP status.
    private static func code(status: Int, name: String?) -> StoreError.Code {
        let names: [String: StoreError.Code] = [
            "NOT_FOUND": .notFound, "ALREADY_EXISTS": .alreadyExists, "FAILED_PRECONDITION": .preconditionFailed,
            "ABORTED": .aborted, "INVALID_ARGUMENT": .invalidArgument, "OUT_OF_RANGE": .outOfRange,
            "UNAUTHENTICATED": .unauthenticated, "PERMISSION_DENIED": .permissionDenied,
            "RESOURCE_EXHAUSTED": .resourceExhausted,
        ]
        if let name, let code = names[name] { return code }
        switch status {
        case 404, 410: return .notFound
        case 409: return .alreadyExists
        // Cloud Storage answers 304 where a not-match condition of a read does not hold.
        case 304, 412: return .preconditionFailed
        case 416: return .outOfRange
        case 401: return .unauthenticated
        case 403: return .permissionDenied
        case 413: return .tooLarge
        case 429: return .resourceExhausted
        case 400, 402, 405..<500: return .invalidArgument
        default: return .unavailable
        }
    }
}

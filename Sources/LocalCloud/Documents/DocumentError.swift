import Wire

/// A refusal in the words of Firestore (https://cloud.google.com/firestore/docs/reference/rest; google.rpc.Code).
struct DocumentError: Error {
    /// The closed list of statuses.
    enum Status: String {
        case invalidArgument = "INVALID_ARGUMENT"
        case failedPrecondition = "FAILED_PRECONDITION"
        case notFound = "NOT_FOUND"
        case alreadyExists = "ALREADY_EXISTS"
        case aborted = "ABORTED"
        case resourceExhausted = "RESOURCE_EXHAUSTED"
        case unimplemented = "UNIMPLEMENTED"
        case unavailable = "UNAVAILABLE"
        case internalError = "INTERNAL"

        /// The HTTP status that Google's APIs map it to.
        var code: Int {
            switch self {
            case .invalidArgument, .failedPrecondition: 400
            case .notFound: 404
            case .alreadyExists, .aborted: 409
            case .resourceExhausted: 429
            case .internalError: 500
            case .unimplemented: 501
            case .unavailable: 503
            }
        }
    }

    let status: Status
    let message: String

    /// A refusal of its parts.
    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A request that makes no sense.
    static func invalid(_ message: String) -> DocumentError { DocumentError(.invalidArgument, message) }

    /// The answer.
    var response: ServerResponse {
        .json(
            [
                "error": [
                    "code": .integer(Int64(status.code)), "message": .string(message),
                    "status": .string(status.rawValue),
                ]
            ],
            status: status.code
        )
    }
}

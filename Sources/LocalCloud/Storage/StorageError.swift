import Wire

/// A refusal in the words of Cloud Storage (https://cloud.google.com/storage/docs/json_api/v1/status-codes).
struct StorageError: Error {
    /// The closed list of reasons, as the API writes them.
    enum Reason: String {
        case invalid
        case required
        case notFound
        case conflict
        case conditionNotMet
        case notModified
        case requestedRangeNotSatisfiable
        case uploadTooLarge
        case backendError
        case methodNotAllowed
    }

    let status: Int
    let reason: Reason
    let message: String
    var headers: HTTPHeaders = [:]

    /// A request that makes no sense: 400.
    static func invalid(_ message: String) -> StorageError {
        StorageError(status: 400, reason: .invalid, message: message)
    }

    /// No such object: 404.
    static func noObject(_ bucket: String, _ name: String) -> StorageError {
        StorageError(status: 404, reason: .notFound, message: "No such object: \(bucket)/\(name)")
    }

    /// No such bucket: 404.
    static let noBucket = StorageError(
        status: 404,
        reason: .notFound,
        message: "The specified bucket does not exist."
    )

    /// A precondition that does not hold: 412.
    static let conditionNotMet = StorageError(
        status: 412,
        reason: .conditionNotMet,
        message: "At least one of the pre-conditions you specified did not hold."
    )

    /// What the client has is what there is: 304, without a body.
    static let notModified = StorageError(status: 304, reason: .notModified, message: "Not Modified")

    /// The answer.
    var response: ServerResponse {
        guard status != 304 else { return ServerResponse(status: status, headers: headers) }
        var detail: JSON = [
            "domain": "global", "reason": .string(reason.rawValue), "message": .string(message),
        ]
        if reason == .conditionNotMet, case .object(var members) = detail {
            members["locationType"] = "header"
            members["location"] = "If-Match"
            detail = .object(members)
        }
        var response = ServerResponse.json(
            [
                "error": [
                    "code": .integer(Int64(status)), "message": .string(message), "errors": [detail],
                ]
            ],
            status: status
        )
        for header in headers { response.headers.add(header.name, header.value) }
        return response
    }
}

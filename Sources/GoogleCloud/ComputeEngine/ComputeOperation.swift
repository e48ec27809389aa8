import SignalboxCore
public import Wire

/// Something that Compute Engine does or did to a machine, ordered or of its own accord
/// (https://cloud.google.com/compute/docs/reference/rest/v1/zoneOperations).
public struct ComputeOperation: Sendable {
    /// What is done.
    public enum Kind: String, Sendable, CaseIterable {
        /// Something that tells nothing here.
        case other = ""
        /// The machine is created.
        case insert
        /// It is taken back for somebody who pays more.
        case preempted = "compute.instances.preempted"
        /// Its host failed.
        case hostError = "compute.instances.hostError"
        /// Its host was maintained, and it could not move.
        case terminatedForMaintenance = "compute.instances.terminateOnHostMaintenance"
        /// It was started again behind a failure.
        case restarted = "compute.instances.automaticRestart"
    }

    /// Its id within the zone.
    public let id: String
    /// What is done.
    public let kind: Kind
    /// The URL of what it is done to.
    public let target: String
    /// Whether it is over, well or badly.
    public let isDone: Bool
    /// Why it failed.
    public let failure: APIError?

    /// Reads an operation.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        id = try reader["name"].string()
        kind = Kind(rawValue: try reader["operationType"].optional?.string() ?? "") ?? .other
        target = try reader["targetLink"].optional?.string() ?? ""
        isDone = try reader["status"].string() == "DONE"
        failure = try Self.failure(reader, of: target)
    }

    private static func failure(_ reader: JSONReader, of target: String) throws(JSONTypeError) -> APIError? {
        let errors = try reader["error"]["errors"].elements()
        let status = try reader["httpErrorStatusCode"].optional?.int(in: 100...599)
        guard !errors.isEmpty || status != nil else { return nil }
        let reason = try errors.first?["code"].optional?.string()
        var messages: [String] = []
        for error in errors {
            if let message = try error["message"].optional?.string() { messages.append(message) }
        }
        if messages.isEmpty, let message = try reader["httpErrorMessage"].optional?.string() { messages = [message] }
        let subject = target.split(separator: "/").last ?? "the machine"
        return APIError(
            code: code(reason: reason, status: status),
            reason: reason,
            message: "\(subject): \(([reason].compactMap(\.self) + messages).joined(separator: ": "))",
            isOutcomeUnknown: false
        )
    }

    /// The canonical code by the word of Compute Engine's, where it is one of the plain ones, else by the HTTP status.
    private static func code(reason: String?, status: Int?) -> StoreError.Code {
        switch reason {
        case "RESOURCE_ALREADY_EXISTS": return .alreadyExists
        case "RESOURCE_NOT_FOUND": return .notFound
        case "PERMISSIONS_ERROR": return .permissionDenied
        case "QUOTA_EXCEEDED", "RESOURCE_OPERATION_RATE_EXCEEDED", "RATE_LIMIT_EXCEEDED": return .resourceExhausted
        case "INTERNAL_ERROR": return .unavailable
        default: break
        }
        switch status {
        case 401: return .unauthenticated
        case 403: return .permissionDenied
        case 404: return .notFound
        case 409: return .alreadyExists
        case 429: return .resourceExhausted
        case .some(500...): return .unavailable
        default: return .invalidArgument
        }
    }
}

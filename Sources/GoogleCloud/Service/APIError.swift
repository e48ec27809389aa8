public import SignalboxCore
import Wire

/// A call of a Google API failed (https://cloud.google.com/apis/design/errors).
///
/// Where ``isOutcomeUnknown`` is set, look before you repeat: the service may have done what it was asked.
public struct APIError: Error, Sendable, CustomStringConvertible {
    /// What happened.
    public let code: StoreError.Code
    /// Why, in a word of the service's: the reason of `google.rpc.ErrorInfo` (`RATE_LIMIT_EXCEEDED`), else that of
    /// Compute Engine (`quotaExceeded`, `ZONE_RESOURCE_POOL_EXHAUSTED`).
    public let reason: String?
    /// For people.
    public let message: String
    /// Whether this call, or an attempt at it before the last, may have been carried out.
    public let isOutcomeUnknown: Bool

    /// An error of its parts.
    public init(
        code: StoreError.Code,
        reason: String?,
        message: String,
        isOutcomeUnknown: Bool
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.isOutcomeUnknown = isOutcomeUnknown
    }

    /// `permission_denied: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}

extension APIError {
    /// What the retry loop gave up with.
    init(_ error: ServiceError, of subject: String) {
        self.init(
            code: error.code,
            reason: error.reason,
            message: "\(subject): \(error.message)",
            isOutcomeUnknown: error.outcome == .unknown || error.followsUnknown
        )
    }
}

extension ServiceError {
    /// The reason that an error's body gives; nil where it gives none.
    static func reason(_ error: JSONReader) -> String? {
        let details = (try? error["details"].optional?.array()) ?? []
        for detail in details where detail["@type"].value.stringValue?.hasSuffix("google.rpc.ErrorInfo") == true {
            if let reason = detail["reason"].value.stringValue { return reason }
        }
        let errors = (try? error["errors"].optional?.array()) ?? []
        return errors.first?["reason"].value.stringValue
    }
}

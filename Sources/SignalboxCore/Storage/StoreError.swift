/// An object store or a document store could not do what was asked.
///
/// The codes are Google's canonical ones (https://cloud.google.com/apis/design/errors), with `dataLoss` for bytes that
/// do not match their checksum. ``isTransient`` tells whether the same call may work later.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What happened.
    public enum Code: String, Sendable, CaseIterable {
        /// There is no such object, bucket or document.
        case notFound = "not_found"
        /// It is there already.
        case alreadyExists = "already_exists"
        /// A generation, metageneration or update time is another one: read again and decide again.
        case preconditionFailed = "precondition_failed"
        /// Another transaction won: try again.
        case aborted
        /// The call makes no sense to the service.
        case invalidArgument = "invalid_argument"
        /// The range lies outside the object.
        case outOfRange = "out_of_range"
        /// No valid credentials: see docs/configuration.md.
        case unauthenticated
        /// The credentials may not do this: grant the role that the message names.
        case permissionDenied = "permission_denied"
        /// A quota is used up: try again later, or raise it.
        case resourceExhausted = "resource_exhausted"
        /// Larger than the caller is ready to hold.
        case tooLarge = "too_large"
        /// The bytes do not match their checksum.
        case dataLoss = "data_loss"
        /// The service cannot be reached or answers 5xx, also after all retries.
        case unavailable
        /// The caller's task was cancelled.
        case cancelled
    }

    /// What happened.
    public let code: Code
    /// For people.
    public let message: String
    /// What lies beneath, where something does.
    public let cause: (any Error)?

    /// An error of a code.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether the same call may work later.
    public var isTransient: Bool {
        switch code {
        case .aborted, .resourceExhausted, .unavailable, .cancelled: true
        default: false
        }
    }

    /// `not_found: gs://…`.
    public var description: String { "\(code.rawValue): \(message)" }
}

public import Wire

/// A condition of something of Cloud Run's (https://cloud.google.com/run/docs/reference/rest/v2/Condition).
public struct CloudRunCondition: Sendable, Equatable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        /// Not known.
        case unspecified = "STATE_UNSPECIFIED"
        /// Not begun.
        case pending = "CONDITION_PENDING"
        /// Under way.
        case reconciling = "CONDITION_RECONCILING"
        /// Over, and badly.
        case failed = "CONDITION_FAILED"
        /// Over, and well.
        case succeeded = "CONDITION_SUCCEEDED"
    }

    /// Why, of anything of Cloud Run's.
    public enum Reason: String, Sendable, CaseIterable {
        /// None is given.
        case undefined = "COMMON_REASON_UNDEFINED"
        /// The message tells.
        case unknown = "UNKNOWN"
        /// A revision could not be made.
        case revisionFailed = "REVISION_FAILED"
        /// It was not complete in time.
        case progressDeadlineExceeded = "PROGRESS_DEADLINE_EXCEEDED"
        /// There is no such image.
        case containerMissing = "CONTAINER_MISSING"
        /// The image may not be read.
        case containerPermissionDenied = "CONTAINER_PERMISSION_DENIED"
        /// A policy forbids the image.
        case imageUnauthorized = "CONTAINER_IMAGE_UNAUTHORIZED"
        /// Whether a policy forbids it could not be found out.
        case imageCheckFailed = "CONTAINER_IMAGE_AUTHORIZATION_CHECK_FAILED"
        /// The encryption key may not be used.
        case keyPermissionDenied = "ENCRYPTION_KEY_PERMISSION_DENIED"
        /// Whether it may could not be found out.
        case keyCheckFailed = "ENCRYPTION_KEY_CHECK_FAILED"
        /// A secret may not be read.
        case secretsCheckFailed = "SECRETS_ACCESS_CHECK_FAILED"
        /// Something else is to be over first.
        case waiting = "WAITING_FOR_OPERATION"
        /// The service tries again at once.
        case immediateRetry = "IMMEDIATE_RETRY"
        /// The service tries again later.
        case postponedRetry = "POSTPONED_RETRY"
        /// The service's own fault.
        case `internal` = "INTERNAL"
        /// There is no such network.
        case networkNotFound = "VPC_NETWORK_NOT_FOUND"
    }

    /// Why, of an execution.
    public enum ExecutionReason: String, Sendable, CaseIterable {
        /// None is given.
        case undefined = "EXECUTION_REASON_UNDEFINED"
        /// The service could not find out how it is.
        case pollingError = "JOB_STATUS_SERVICE_POLLING_ERROR"
        /// A container ended with another status than 0, and may not be started again.
        case nonZeroExitCode = "NON_ZERO_EXIT_CODE"
        /// Somebody cancelled it.
        case cancelled = "CANCELLED"
        /// Somebody is cancelling it.
        case cancelling = "CANCELLING"
        /// Somebody deleted it.
        case deleted = "DELETED"
        /// Its time to start has not come.
        case delayedStartPending = "DELAYED_START_PENDING"
        /// It may not take so long.
        case delayedTooLong = "DELAYED_EXECUTION_EXCEEDING_DURATION_LIMIT"
    }

    /// What it is about: `Ready`, `Completed`, `Started`, `ResourcesAvailable`, …
    public let type: String
    /// How far it is.
    public let state: State
    /// For people; the reason's name where the service says no more.
    public let message: String
    /// Why; nil where none is given or it is none that is known.
    public let reason: Reason?
    /// Why, of an execution; nil as with `reason`.
    public let executionReason: ExecutionReason?

    /// Reads a condition.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        type = try reader["type"].optional?.string() ?? ""
        state = State(rawValue: try reader["state"].optional?.string() ?? "") ?? .unspecified
        let text = try reader["message"].optional?.string() ?? ""
        let common = try reader["reason"].optional?.string()
        let execution = try reader["executionReason"].optional?.string()
        message = text.isEmpty ? common ?? execution ?? "" : text
        reason = common.flatMap { Reason(rawValue: $0) }
        executionReason = execution.flatMap { ExecutionReason(rawValue: $0) }
    }
}

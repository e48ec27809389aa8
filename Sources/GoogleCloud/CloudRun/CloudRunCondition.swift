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

    /// What it is about: `Ready`, `Completed`, `Started`, `ResourcesAvailable`, …
    public let type: String
    /// How far it is.
    public let state: State
    /// For people.
    public let message: String
    /// Why, in a word: the common reason, else that of executions (`NON_ZERO_EXIT_CODE`).
    public let reason: String?

    /// Reads a condition.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        type = try reader["type"].optional?.string() ?? ""
        state = State(rawValue: try reader["state"].optional?.string() ?? "") ?? .unspecified
        message = try reader["message"].optional?.string() ?? ""
        let common = try reader["reason"].optional?.string()
        let execution = try reader["executionReason"].optional?.string()
        reason = common ?? execution
    }
}

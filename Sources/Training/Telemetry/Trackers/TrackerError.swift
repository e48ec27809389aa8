/// Why a tracker has not taken what it was given. None of these ends a training.
///
/// Troubleshooting: `tracker_unreachable` — is the host of `MLFLOW_TRACKING_URI` right and up? `tracker_unauthorised` —
/// is the token in `MLFLOW_TRACKING_TOKEN` valid, and may it write to the experiment?
public struct TrackerError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// Nobody answers, or not in time.
        case unreachable = "tracker_unreachable"
        /// The server cannot answer for now (429, 5xx).
        case unavailable = "tracker_unavailable"
        /// The server does not let us in: 401 or 403.
        case unauthorised = "tracker_unauthorised"
        /// The server does not take what it was given.
        case refused = "tracker_refused"
        /// The answer is not what the service's API promises.
        case answerMalformed = "tracker_answer_malformed"
        /// More is measured than the tracker takes: the oldest numbers that waited are lost to it.
        case overrun = "tracker_overrun"
        /// A setting asks for what the trainer cannot do.
        case unsupported = "tracker_unsupported"
    }

    /// The reason.
    public let code: Code
    /// What happened, for people; no credentials.
    public let message: String

    /// An error of one reason.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same numbers would be refused again.
    var isLasting: Bool { code == .refused }

    /// Code and message in one line.
    public var description: String { "\(code.rawValue): \(message)" }
}

/// Why a request is not an event that can be read. Who sent it should not send it again as it is.
///
/// Troubleshooting: compare with the samples in `events/`, and send one with `--event FILE`.
public struct EventError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// `id`, `source`, `specversion` or `type` is not there, or empty.
        case attributeMissing = "event_attribute_missing"
        /// An attribute that is not text, stands twice, or is no time where a time is due.
        case attributeMalformed = "event_attribute_malformed"
        /// Another version than CloudEvents 1.0.
        case specVersionUnsupported = "event_specversion_unsupported"
        /// Several events in one request.
        case batchUnsupported = "event_batch_unsupported"
        /// A body, or data in it, that is not what its content type says.
        case bodyMalformed = "event_body_malformed"
        /// An event without the data it should carry.
        case dataMissing = "event_data_missing"
        /// Data of a content type that is neither JSON nor protobuf, or a scheduled call that is not JSON.
        case contentTypeUnsupported = "event_content_type_unsupported"
        /// A body beyond the server's limit.
        case bodyTooLong = "event_body_too_long"
        /// A request that is not a POST.
        case methodNotAllowed = "event_method_not_allowed"
        /// A request that a browser sent for a web page of another machine.
        case originRefused = "event_origin_refused"
    }

    /// The reason.
    public let code: Code
    /// What is wrong, for people.
    public let message: String

    /// An error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// One line for people.
    public var description: String { "\(code.rawValue): \(message)" }

    /// The status that says so.
    package var status: Int {
        switch code {
        case .bodyTooLong: 413
        case .methodNotAllowed: 405
        case .originRefused: 403
        case .contentTypeUnsupported, .batchUnsupported: 415
        default: 400
        }
    }
}

public import Wire

/// Why something that a service did for us ended badly: `google.rpc.Status`
/// (https://cloud.google.com/apis/design/errors#error_model).
public struct RPCStatus: Sendable, Equatable {
    /// The canonical codes that tell causes apart (`google.rpc.Code`).
    public enum Code: Int64, Sendable {
        /// Somebody cancelled it.
        case cancelled = 1
        /// Nobody knows.
        case unknown = 2
        /// The order made no sense.
        case invalidArgument = 3
        /// Its time was up.
        case deadlineExceeded = 4
        /// Something that it names is not there.
        case notFound = 5
        /// The account may not do this.
        case permissionDenied = 7
        /// A quota is used up, or there are no machines.
        case resourceExhausted = 8
        /// The state of something did not allow it.
        case failedPrecondition = 9
        /// It was broken off.
        case aborted = 10
        /// The service failed.
        case `internal` = 13
        /// The service, or a machine of its, was not there.
        case unavailable = 14
    }

    /// The code; nil for one that tells nothing here.
    public let code: Code?
    /// For people.
    public let message: String
    /// The reason of `google.rpc.ErrorInfo`, where there is one.
    public let reason: String?

    /// Reads a status.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        code = Code(rawValue: try reader["code"].optional?.integer() ?? 0)
        message = try reader["message"].optional?.string() ?? "no explanation"
        reason = ServiceError.reason(reader)
    }
}

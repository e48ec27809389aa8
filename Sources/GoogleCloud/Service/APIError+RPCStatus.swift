import SignalboxCore

extension APIError {
    /// An operation that the service took on and broke off at once.
    init(_ status: RPCStatus, of subject: String) {
        let code: StoreError.Code =
            switch status.code {
            case .invalidArgument: .invalidArgument
            case .notFound: .notFound
            case .permissionDenied: .permissionDenied
            case .resourceExhausted: .resourceExhausted
            case .failedPrecondition: .preconditionFailed
            case .aborted: .aborted
            case .cancelled: .cancelled
            case .unknown, .deadlineExceeded, .internal, .unavailable, nil: .unavailable
            }
        self.init(
            code: code,
            reason: status.reason,
            message: "\(subject): \(status.message)",
            isOutcomeUnknown: false
        )
    }
}

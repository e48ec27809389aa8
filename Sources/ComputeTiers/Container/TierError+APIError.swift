public import GoogleCloud
public import SignalboxCore

extension TierError {
    /// What a failed call of a Google API means to a tier.
    ///
    /// A call that may have been carried out is `unreachable`, whatever else its answer says.
    public init(_ error: APIError) { self.init(Self.code(of: error), error.message) }

    private static func code(of error: APIError) -> Code {
        if error.isOutcomeUnknown { return .unreachable }
        let refusal = Shortage(reason: error.reason, message: error.message)
        switch error.code {
        case .unavailable, .aborted, .cancelled, .tooLarge, .dataLoss:
            return refusal == .capacity ? .capacity : .unreachable
        case .resourceExhausted:
            switch refusal {
            case .capacity: return .capacity
            case .quota: return .quota
            // A limit on calls, not on machines.
            case .rate, nil: return .unreachable
            }
        case .unauthenticated, .permissionDenied, .preconditionFailed, .invalidArgument, .notFound, .alreadyExists,
            .outOfRange:
            switch refusal {
            case .capacity: return .capacity
            case .quota: return .quota
            case .rate: return .unreachable
            case nil: break
            }
            let isAboutRights = error.code == .unauthenticated || error.code == .permissionDenied
            return isAboutRights ? .permissionDenied : .invalidOrder
        }
    }
}

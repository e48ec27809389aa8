/// A tier could not do what was asked.
public struct TierError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What happened.
    public enum Code: String, Sendable, CaseIterable {
        /// The tier cannot be reached, or did not answer: no evidence of anything, not even of the call's effect.
        case unreachable
        /// There is no capacity now.
        case capacity
        /// A quota is used up.
        case quota
        /// The credentials may not do this.
        case permissionDenied = "permission_denied"
        /// The order makes no sense to the tier: see the message.
        case invalidOrder = "invalid_order"
        /// The place names a tier that is not configured: see docs/configuration.md.
        case unknownTier = "unknown_tier"
    }

    /// What happened.
    public let code: Code
    /// For people.
    public let message: String

    /// An error of a code.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether another place, or this one later, may take the same run.
    public var isRefusalForNow: Bool { code == .capacity || code == .quota }

    /// `capacity: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}

/// Why a bearer token does not say who is calling.
public struct IDTokenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// No `Authorization: Bearer …`.
        case missing = "token_missing"
        /// Not three parts of base64url and JSON.
        case malformed = "token_malformed"
        /// Signed by another algorithm than RS256.
        case algorithm = "token_algorithm"
        /// The issuer has no key of that name.
        case keyUnknown = "token_key_unknown"
        /// The signature does not fit.
        case signature = "token_signature"
        /// Issued by somebody else.
        case issuer = "token_issuer"
        /// Meant for another audience.
        case audience = "token_audience"
        /// Its time is over.
        case expired = "token_expired"
        /// It was issued in the future.
        case notYetValid = "token_not_yet_valid"
        /// Of an account that is not on the list.
        case email = "token_email"
        /// The issuer does not vouch for the account's address.
        case emailUnverified = "token_email_unverified"
        /// The issuer's keys cannot be fetched: nothing is known of the token.
        case keysUnavailable = "token_keys_unavailable"
    }

    /// The reason.
    public let code: Code
    /// For people; never holds the token.
    public let message: String

    /// An error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The HTTP status that says so: 403 for a caller who is known and unwanted, 503 where nobody can tell, else 401.
    public var status: Int {
        switch code {
        case .email, .emailUnverified: 403
        case .keysUnavailable: 503
        default: 401
        }
    }

    /// One line for people.
    public var description: String { "\(code.rawValue): \(message)" }
}

public import SignalboxCore
public import Wire

/// An OAuth 2.0 bearer token.
public struct AccessToken: Sendable, Equatable {
    /// What follows `Bearer `.
    public let value: String
    /// From when on it is worth nothing; nil for never.
    public let expires: Timestamp?

    /// A token of its parts.
    public init(value: String, expires: Timestamp?) {
        self.value = value
        self.expires = expires
    }
}

/// Where access tokens come from.
public protocol Credentials: Sendable {
    /// A new token.
    ///
    /// - Throws: `unauthenticated`, `permissionDenied`, `unavailable`, `cancelled`.
    func fetch() async throws(StoreError) -> AccessToken
}

/// A token that never changes: emulators take `owner` for one who may do everything.
public struct FixedCredentials: Credentials {
    private let token: String

    /// The administrator of Google's emulators.
    public static let emulatorOwner = FixedCredentials(token: "owner")

    /// A token.
    public init(token: String) { self.token = token }

    /// The token.
    public func fetch() -> AccessToken { AccessToken(value: token, expires: nil) }
}

extension AccessToken {
    /// The scope of all that Signalbox asks of Google Cloud; IAM narrows it.
    static let scope = "https://www.googleapis.com/auth/cloud-platform"

    /// Reads a token answer (RFC 6749, section 5.1).
    init(answer: JSONReader, now: Timestamp) throws(JSONTypeError) {
        let seconds = try answer["expires_in"].integer(in: 0...31_536_000)
        self.init(value: try answer["access_token"].string(), expires: now + .seconds(seconds))
    }
}

/// Whose Google-signed ID tokens are taken
/// (https://cloud.google.com/docs/authentication/token-types#id; OpenID Connect Core 1.0, section 3.1.3.7).
public struct IDTokenPolicy: Sendable, Equatable {
    /// Google, as Cloud Scheduler, Eventarc and service accounts are vouched for.
    public static let googleIssuer = "https://accounts.google.com"
    /// Google's public keys.
    public static let googleKeysURL = "https://www.googleapis.com/oauth2/v3/certs"
    /// How far clocks may lie apart.
    public static let skewSeconds: Int64 = 60

    /// `aud`: what the tokens must be made for, usually the function's URL.
    public var audience: String
    /// `email`: the accounts that may call. Anybody can have Google make a token for any audience, so there must be
    /// one.
    public var emails: Set<String>
    /// `iss`.
    public var issuer: String
    /// Where the issuer's keys are (RFC 7517).
    public var keysURL: String

    /// A policy of its parts.
    public init(
        audience: String,
        emails: Set<String>,
        issuer: String = googleIssuer,
        keysURL: String = googleKeysURL
    ) {
        self.audience = audience
        self.emails = emails
        self.issuer = issuer
        self.keysURL = keysURL
    }

    /// The policy of `SIGNALBOX_OIDC_AUDIENCE`, `SIGNALBOX_OIDC_EMAILS` (with commas) and `SIGNALBOX_OIDC_KEYS_URL`;
    /// nil where the first is not set: then tokens are not looked at.
    ///
    /// - Throws: ``Misconfigured``.
    public init?(environment: [String: String]) throws(Misconfigured) {
        let names = (emails: "SIGNALBOX_OIDC_EMAILS", keysURL: "SIGNALBOX_OIDC_KEYS_URL")
        let emails = (environment[names.emails] ?? "").split(separator: ",")
            .map { String($0.filter { $0 != " " }).lowercased() }
        guard let audience = environment["SIGNALBOX_OIDC_AUDIENCE"], !audience.isEmpty else {
            guard emails.isEmpty else {
                throw Misconfigured(
                    variable: "SIGNALBOX_OIDC_AUDIENCE",
                    expected: "an audience, as \(names.emails) is set"
                )
            }
            return nil
        }
        guard !emails.isEmpty, emails.allSatisfy({ $0.contains("@") }) else {
            throw Misconfigured(variable: names.emails, expected: "the accounts that may call, with commas")
        }
        self.init(audience: audience, emails: Set(emails))
        guard let url = environment[names.keysURL], !url.isEmpty else { return }
        // Keys that come over plain HTTP are whoever's lies between.
        guard url.hasPrefix("https://") || Loopback.isLoopback(origin: Self.origin(of: url)) else {
            throw Misconfigured(variable: names.keysURL, expected: "an https URL")
        }
        keysURL = url
    }

    /// A variable that cannot be meant.
    public struct Misconfigured: Error, Sendable, Equatable, CustomStringConvertible {
        /// The variable.
        public let variable: String
        /// What it should be.
        public let expected: String

        /// One line for people.
        public var description: String { "\(variable): wanted \(expected); see docs/configuration.md" }
    }

    private static func origin(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/")
    }
}

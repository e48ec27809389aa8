/// Tells from a bearer token who is calling: an ID token signed by its issuer with RS256 (RFC 7519, RFC 8725).
public struct IDTokenVerifier: Sendable {
    /// Bytes of a token.
    public static let tokenBytesMax = 16 << 10

    /// Who is calling.
    public struct Caller: Sendable, Equatable {
        /// The account.
        public let email: String
    }

    private let policy: IDTokenPolicy
    private let keys: KeySet
    private let clock: any Clock

    /// A verifier by a policy.
    public init(policy: IDTokenPolicy, transport: any HTTPTransport, clock: any Clock) {
        self.policy = policy
        self.clock = clock
        keys = KeySet(url: policy.keysURL, transport: transport, clock: clock)
    }

    /// Who calls, by the request's `Authorization` field.
    ///
    /// - Throws: ``IDTokenError``.
    public func caller(_ headers: HTTPHeaders) async throws(IDTokenError) -> Caller {
        guard let value = headers.combined("authorization") else {
            throw IDTokenError(.missing, "wanted the field Authorization: Bearer TOKEN")
        }
        let words = value.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else {
            throw IDTokenError(.missing, "wanted the field Authorization: Bearer TOKEN")
        }
        return try await caller(token: String(words[1]))
    }

    /// Who a token speaks of.
    ///
    /// - Throws: ``IDTokenError``.
    public func caller(token: String) async throws(IDTokenError) -> Caller {
        guard token.utf8.count <= Self.tokenBytesMax else {
            throw IDTokenError(.malformed, "the token has more than \(Self.tokenBytesMax) bytes")
        }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let signature = Base64.decode(parts[2], alphabet: .urlSafe) else {
            throw IDTokenError(.malformed, "wanted three parts in base64url with dots between them")
        }
        let header = try Self.object(parts[0])
        // The algorithm is ours to choose, not the token's (RFC 8725, section 3.1).
        guard header["alg"].value == "RS256", header["crit"].isNull else {
            throw IDTokenError(.algorithm, "wanted RS256 and no critical extensions")
        }
        guard let keyID = header["kid"].value.stringValue else { throw IDTokenError(.malformed, "wanted a kid") }
        let key = try await keys.key(keyID)
        guard key.isValid(signature: signature, for: Array("\(parts[0]).\(parts[1])".utf8)) else {
            throw IDTokenError(.signature, "the signature does not fit")
        }
        return try check(try Self.object(parts[1]))
    }

    private func check(_ claims: JSONReader) throws(IDTokenError) -> Caller {
        guard claims["iss"].value == .string(policy.issuer) else {
            throw IDTokenError(.issuer, "wanted a token of \(policy.issuer)")
        }
        guard claims["aud"].value == .string(policy.audience) else {
            throw IDTokenError(.audience, "wanted a token for \(policy.audience)")
        }
        guard let expires = claims["exp"].value.integerValue, let issued = claims["iat"].value.integerValue else {
            throw IDTokenError(.malformed, "wanted exp and iat in whole seconds")
        }
        let now = clock.now().seconds
        guard now < expires.addingReportingOverflow(IDTokenPolicy.skewSeconds).partialValue else {
            throw IDTokenError(.expired, "the token's time is over")
        }
        guard issued <= now + IDTokenPolicy.skewSeconds, issued < expires else {
            throw IDTokenError(.notYetValid, "the token was issued in the future")
        }
        guard claims["email_verified"].value == true else {
            throw IDTokenError(.emailUnverified, "the issuer does not vouch for the address")
        }
        guard let email = claims["email"].value.stringValue?.lowercased(), policy.emails.contains(email) else {
            throw IDTokenError(.email, "the account is not among those that may call")
        }
        return Caller(email: email)
    }

    private static func object(_ part: String) throws(IDTokenError) -> JSONReader {
        guard let bytes = Base64.decode(part, alphabet: .urlSafe),
            let json = try? JSON(parsing: bytes, limits: JSONLimits(bytesMax: tokenBytesMax, depthMax: 8)),
            case .object = json
        else { throw IDTokenError(.malformed, "wanted a JSON object in base64url") }
        return JSONReader(json)
    }
}

public import SignalboxCore
import Wire

/// A service account's key, exchanged for tokens by a signed assertion (RFC 7523;
/// https://developers.google.com/identity/protocols/oauth2/service-account#httprest).
public struct ServiceAccountCredentials: Credentials {
    /// The longest key file that is read.
    private static let fileBytesMax = 64 << 10
    /// Google's longest.
    private static let assertionSeconds: Int64 = 3600

    /// The account.
    public let email: String
    /// The project of the account, which need not be that of the data.
    public let project: String?
    private let keyID: String
    private let key: RS256PrivateKey
    private let tokenURI: String
    private let context: ServiceContext

    /// Reads a key file of Google Cloud.
    ///
    /// - Throws: ``ConfigurationError`` that names GOOGLE_APPLICATION_CREDENTIALS.
    public init(file path: String, context: ServiceContext) throws(ConfigurationError) {
        func error(_ message: String) -> ConfigurationError {
            ConfigurationError("GOOGLE_APPLICATION_CREDENTIALS", "names \(path): \(message)")
        }
        guard let bytes = try? FileIO.read(path, bytesMax: Self.fileBytesMax) else {
            throw error("no file that can be read, of 64 KiB at most")
        }
        do {
            let reader = JSONReader(try JSON(parsing: bytes))
            let type = try reader["type"].string()
            guard type == "service_account" else { throw error("its type is \(type), wanted service_account") }
            email = try reader["client_email"].string()
            project = try reader["project_id"].optional?.string()
            keyID = try reader["private_key_id"].string()
            key = try RS256PrivateKey(pem: try reader["private_key"].string())
            tokenURI = try reader["token_uri"].optional?.string() ?? "https://oauth2.googleapis.com/token"
        } catch let known as ConfigurationError {
            throw known
        } catch let other {
            throw error("\(other)")
        }
        guard tokenURI.hasPrefix("https://") || tokenURI.hasPrefix("http://127.0.0.1:") else {
            throw error("token_uri is not https")
        }
        self.context = context
    }

    /// A token for an assertion signed now.
    public func fetch() async throws(StoreError) -> AccessToken {
        let now = context.clock.now()
        let grant = PercentEncoding.encode("urn:ietf:params:oauth:grant-type:jwt-bearer")
        let request = HTTPRequest(
            method: "POST",
            url: tokenURI,
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: .bytes(Array("grant_type=\(grant)&assertion=\(assertion(at: now))".utf8))
        )
        do throws(ServiceError) {
            let answer = try await ServiceClient(context: context, tokens: nil).call(request, .idempotent) { response in
                let body = try await response.body.collect(bytesMax: ServiceClient.answerBytesMax)
                return try AccessToken(answer: JSONReader(JSON(parsing: body)), now: now)
            }
            return answer.value
        } catch {
            // Google answers 400 invalid_grant for a key that was deleted and for a clock that is off.
            let code = error.code == .invalidArgument ? .unauthenticated : error.code
            throw StoreError(code, "\(email) gets no access token: \(error.message)", cause: error.cause)
        }
    }

    /// The JSON Web Token (RFC 7519) that says who asks.
    func assertion(at now: Timestamp) -> String {
        let header: JSON = ["alg": "RS256", "typ": "JWT", "kid": .string(keyID)]
        let claims: JSON = [
            "iss": .string(email),
            "scope": .string(AccessToken.scope),
            "aud": .string(tokenURI),
            "iat": .integer(now.seconds),
            "exp": .integer(now.seconds + Self.assertionSeconds),
        ]
        let parts = [header, claims].map { Base64.encode($0.bytes, alphabet: .urlSafe) }.joined(separator: ".")
        return parts + "." + Base64.encode(key.signature(for: Array(parts.utf8)), alphabet: .urlSafe)
    }
}

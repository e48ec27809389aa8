import SignalboxCore
import Wire

/// Secrets of Secret Manager through its REST API (https://cloud.google.com/secret-manager/docs/reference/rest).
public struct SecretManager: Sendable {
    /// Where Secret Manager is.
    public static let standardEndpoint = "https://secretmanager.googleapis.com"
    /// Bytes of a secret, as the service limits them.
    public static let secretBytesMax = 64 << 10

    private let endpoint: String
    private let client: ServiceClient

    /// Secret Manager at an endpoint.
    public init(
        endpoint: String = standardEndpoint,
        credentials: any Credentials,
        context: ServiceContext
    ) {
        self.endpoint = endpoint
        client = ServiceClient(context: context, tokens: TokenSource(credentials, clock: context.clock))
    }

    /// Whether a text names a version of a secret, `projects/P/secrets/S/versions/V`; a version is a number or
    /// `latest`, or an alias.
    public static func isVersion(_ text: String) -> Bool { version(text) != nil }

    /// The bytes of a version of a secret.
    ///
    /// - Parameter version: `projects/P/secrets/S/versions/V`.
    /// - Throws: ``APIError``: `not_found`, `permission_denied` (grant `roles/secretmanager.secretAccessor`),
    ///   `precondition_failed` for a version that is disabled or destroyed, `data_loss` where the bytes do not match
    ///   their checksum.
    public func access(_ version: String) async throws(APIError) -> [UInt8] {
        guard let name = Self.version(version) else {
            throw Self.error(.invalidArgument, "\(version) is not projects/P/secrets/S/versions/V")
        }
        let request = HTTPRequest(url: "\(endpoint)/v1/\(name):access")
        let (bytes, checksum) = try await client.api(request, .idempotent, subject: version) {
            answer throws(JSONTypeError) in
            let payload = answer["payload"]
            return (
                try payload["data"].optional?.base64() ?? [],
                try payload["dataCrc32c"].optional.map { sum throws(JSONTypeError) in try Self.checksum(sum) }
            )
        }
        guard bytes.count <= Self.secretBytesMax else {
            throw Self.error(.tooLarge, "\(version) has more than \(Self.secretBytesMax) bytes")
        }
        if let checksum, checksum != CRC32C.checksum(of: bytes).value {
            throw Self.error(.dataLoss, "\(version): the bytes do not match their CRC32C; try again")
        }
        return bytes
    }

    private static func version(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "secrets", "versions")
    }

    /// A 64-bit number, which JSON of Google's APIs writes as text.
    private static func checksum(_ reader: JSONReader) throws(JSONTypeError) -> UInt32 {
        guard let number = UInt32(try reader.string()) else { throw reader.mismatch("a CRC32C as text") }
        return number
    }

    private static func error(_ code: StoreError.Code, _ message: String) -> APIError {
        APIError(code: code, reason: nil, message: message, isOutcomeUnknown: false)
    }
}

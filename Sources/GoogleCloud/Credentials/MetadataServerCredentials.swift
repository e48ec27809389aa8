public import SignalboxCore
import Wire

/// The service account of the machine, function or job that runs this, from its metadata server
/// (https://cloud.google.com/compute/docs/metadata/overview).
public struct MetadataServerCredentials: Credentials {
    /// The server's name within Google Cloud.
    public static let standardHost = "metadata.google.internal"
    /// A server this close answers at once or is not there.
    private static let timeoutSeconds: Int64 = 10

    private let host: String
    private let context: ServiceContext

    /// The metadata server at a host, with a port if it needs one.
    public init(host: String = standardHost, context: ServiceContext) {
        self.host = host
        self.context = context
    }

    /// A token of the default service account.
    public func fetch() async throws(StoreError) -> AccessToken {
        let request = HTTPRequest(
            url: "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token",
            headers: ["Metadata-Flavor": "Google"],
            timeout: .seconds(Self.timeoutSeconds)
        )
        do throws(ServiceError) {
            let answer = try await ServiceClient(context: context, tokens: nil).call(request, .idempotent) { response in
                guard response.headers["metadata-flavor"] == "Google" else {
                    throw ServiceError(code: .unauthenticated, message: "what answers there is no metadata server")
                }
                let body = try await response.body.collect(bytesMax: ServiceClient.answerBytesMax)
                return try AccessToken(answer: JSONReader(JSON(parsing: body)), now: context.clock.now())
            }
            return answer.value
        } catch {
            let remedy = "outside Google Cloud set GOOGLE_APPLICATION_CREDENTIALS to a service account's key file"
            let code = error.code == .notFound ? .unauthenticated : error.code
            throw StoreError(code, "metadata server \(host): \(error.message); \(remedy)", cause: error.cause)
        }
    }
}

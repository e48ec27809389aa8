public import SignalboxCore
import Synchronization
public import Wire

/// EC2's notice, two minutes before a Spot instance is interrupted, through IMDSv2
/// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html).
public final class EC2Notices: InterruptionNotices {
    /// The server's address within EC2.
    public static let standardEndpoint = "http://169.254.169.254"
    private static let tokenSeconds = 21_600

    /// For people.
    public let provider = "EC2"

    private let endpoint: String
    private let transport: any HTTPTransport
    private let token = Mutex<String?>(nil)

    /// The metadata server at an endpoint.
    public init(endpoint: String = standardEndpoint, transport: any HTTPTransport) {
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        self.transport = transport
    }

    /// What is to come; nil while nothing is.
    public func current() async throws -> StopCause? {
        let known = token.withLock { $0 }
        let session = if let known { known } else { try await fetchToken() }
        let (status, body) = try await exchange(
            "GET",
            "latest/meta-data/spot/instance-action",
            ["X-aws-ec2-metadata-token": session]
        )
        switch status {
        case 200:
            // Stop, terminate or hibernate: none lets the trainer go on.
            guard (try? JSON(parsing: body))?["action"]?.stringValue != nil else {
                throw NoticeError(description: "\(endpoint): the interruption notice is no JSON with an action")
            }
            return .machineReclaimed
        case 404: return nil
        default:
            if status == 401 { token.withLock { $0 = nil } }
            throw NoticeError(description: "\(endpoint) answers \(status)")
        }
    }

    private func fetchToken() async throws -> String {
        let ttl = ["X-aws-ec2-metadata-token-ttl-seconds": String(Self.tokenSeconds)]
        let (status, body) = try await exchange("PUT", "latest/api/token", ttl)
        guard status == 200, !body.isEmpty else {
            throw NoticeError(description: "\(endpoint) gives no session token: \(status)")
        }
        let fetched = String(decoding: body, as: UTF8.self)
        token.withLock { $0 = fetched }
        return fetched
    }

    private func exchange(
        _ method: String,
        _ path: String,
        _ headers: [String: String]
    ) async throws -> (status: Int, body: [UInt8]) {
        let request = HTTPRequest(
            method: method,
            url: "\(endpoint)/\(path)",
            headers: HTTPHeaders(headers.map { ($0.key, $0.value) }),
            timeout: .seconds(InterruptionWatch.answerSecondsMax)
        )
        let response = try await transport.send(request)
        return (response.status, try await response.body.collect(bytesMax: InterruptionWatch.answerBytesMax))
    }
}

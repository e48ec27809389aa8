import Glibc

/// An HTTP client on libcurl: HTTP/1.1 and 2, connections kept alive, bodies streamed both ways under back-pressure.
///
/// All transfers run on one thread of its own. Certificates are always verified, redirects are answers, bodies are not
/// decompressed. Of HTTP/2 one exchange runs on a connection at a time: within one connection libcurl lets a reader who
/// pauses hold up all others, which for a copy from one exchange to another is a deadlock.
public final class HTTPClient: HTTPTransport {
    /// The limits of a client and what it knows of its surroundings.
    public struct Configuration: Sendable {
        /// The longest wait for a connection, TLS included.
        public var connectTimeout: Duration = .seconds(30)
        /// The longest head of a response.
        public var headerBytesMax = 64 << 10
        /// The longest body of a response; nil for none.
        public var bodyBytesMax: Int64?
        /// How many bytes wait between the network and who reads or writes a body, each way, before the sender is held.
        public var bufferBytesMax = 2 << 20
        /// The `User-Agent` where a request names none.
        public var userAgent = "signalbox"
        /// Certificate authorities in PEM; nil for the system's.
        public var caFile: String?
        /// A directory of certificate authorities; nil for the system's.
        public var caDirectory: String?
        /// Hosts that no proxy stands before, in the form of `no_proxy`.
        public var directHosts: String

        /// What is always reached without a proxy: this machine, and Google's metadata server.
        private static let alwaysDirect = "localhost,127.0.0.1,::1,169.254.169.254,metadata.google.internal"

        /// The standard limits, with what the environment says.
        ///
        /// Reads `CURL_CA_BUNDLE`, `SSL_CERT_FILE`, `SSL_CERT_DIR`, `no_proxy` and `NO_PROXY`. libcurl itself reads
        /// `http_proxy`, `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY`.
        public init(environment: (String) -> String? = Self.variable) {
            func value(_ names: String...) -> String? {
                for name in names { if let value = environment(name), !value.isEmpty { return value } }
                return nil
            }
            caFile = value("CURL_CA_BUNDLE", "SSL_CERT_FILE")
            caDirectory = value("SSL_CERT_DIR")
            let direct = value("no_proxy", "NO_PROXY")
            directHosts = direct == "*" ? "*" : [direct, Self.alwaysDirect].compactMap(\.self).joined(separator: ",")
        }

        /// A variable of the process's environment.
        public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    }

    private let configuration: Configuration
    private let loop: CurlLoop

    /// A client; its thread starts with the first request.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        loop = CurlLoop()
    }

    deinit { loop.stop() }

    /// Ends all transfers with `cancelled`; so does every later request.
    public func shutdown() { loop.stop() }

    /// Sends a request and answers when the header fields are there.
    ///
    /// - Throws: ``HTTPClientError``. A request is never sent twice, other than one without body whose kept connection
    ///   turns out closed before a byte of an answer.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try request.check()
        let transfer = CurlTransfer(request, configuration: configuration)
        let loop = loop
        let head = try await withTaskCancellationHandler {
            try await transfer.response.head { loop.submit(.start(transfer)) }
        } onCancel: {
            loop.cancel(transfer)
        }
        let body = CurlResponseBody(transfer: transfer, loop: loop, client: self)
        return HTTPResponse(status: head.status, headers: head.headers, body: body)
    }
}

extension HTTPRequest {
    /// What could break out of its place in the message is refused before it is sent.
    fileprivate func check() throws(HTTPClientError) {
        let isToken = { (text: String) in
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        }
        guard isToken(method) else { throw HTTPClientError(.badHeader, "the method \(method) is no token") }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw HTTPClientError(.badURL, "the URL holds characters that must be percent-encoded")
        }
        // libcurl has one word for this and for an answer that is not HTTP.
        if let end = url.firstRange(of: "://")?.lowerBound, !["http", "https"].contains(url[..<end].lowercased()) {
            throw HTTPClientError(.badURL, "\(url[..<end]) is neither http nor https")
        }
        for field in headers {
            guard isToken(field.name), !field.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F })
            else { throw HTTPClientError(.badHeader, "the header field \(field.name) holds control characters") }
        }
    }
}

/// The body of an answer.
private final class CurlResponseBody: ByteStream {
    private let transfer: CurlTransfer
    private let loop: CurlLoop
    /// Held so that the loop goes on for as long as somebody reads.
    private let client: HTTPClient

    init(transfer: CurlTransfer, loop: CurlLoop, client: HTTPClient) {
        self.transfer = transfer
        self.loop = loop
        self.client = client
    }

    deinit { loop.cancel(transfer) }

    func next() async throws -> [UInt8]? {
        let (transfer, loop) = (transfer, loop)
        return try await withTaskCancellationHandler {
            try await transfer.response.next { loop.submit(.resume(transfer)) }
        } onCancel: {
            loop.cancel(transfer)
        }
    }
}

import CCurl

/// Why an exchange came to nothing, or its body to no end.
///
/// Troubleshooting: `http_connect_failed` — is the host right and up, is a proxy (`https_proxy`, `no_proxy`) in the
/// way? `http_tls_failed` — does the host's certificate follow from the authorities in `SSL_CERT_FILE` or the system's?
public struct HTTPClientError: Error, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// The URL is not an absolute one of http or https.
        case badURL = "http_bad_url"
        /// A method or header field holds characters that cannot be sent.
        case badHeader = "http_bad_header"
        /// No connection: the name does not resolve, nobody listens, or the handshake broke. Nothing was asked yet.
        case connectFailed = "http_connect_failed"
        /// The host's certificate does not hold. Nothing was asked yet.
        case tlsFailed = "http_tls_failed"
        /// Longer than the request's `timeout`, or more silence than its `idleTimeout`.
        case timedOut = "http_timed_out"
        /// The task was cancelled, or the client was shut down.
        case cancelled = "http_cancelled"
        /// The connection broke before the answer was whole; the host may have acted on the request.
        case connectionLost = "http_connection_lost"
        /// The header fields are longer than the client's limit.
        case headersTooLong = "http_headers_too_long"
        /// The body is longer than the client's limit.
        case bodyTooLong = "http_body_too_long"
        /// The stream of the request's body failed, or its length is not what was said; ``HTTPClientError/cause`` holds
        /// what it threw.
        case requestBodyFailed = "http_request_body_failed"
        /// What came is not HTTP.
        case badResponse = "http_bad_response"
        /// libcurl could not do its work: out of memory or sockets.
        case failed = "http_failed"
    }

    /// The reason.
    public let code: Code
    /// What happened, for people.
    public let message: String
    /// What the request's body threw.
    public let cause: (any Error)?

    /// An error of its parts.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// One line for people.
    public var description: String { "\(code.rawValue): \(message)" }
}

extension HTTPClientError {
    /// The error for what libcurl reports (https://curl.se/libcurl/c/libcurl-errors.html).
    init(_ result: CURLcode, detail: String) {
        let code: Code =
            switch result {
            case CURLE_URL_MALFORMAT: .badURL
            // The one timer of libcurl's that is set is the connection's; a broken handshake is a broken connection.
            case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_PROXY,
                CURLE_OPERATION_TIMEDOUT, CURLE_SSL_CONNECT_ERROR, CURLE_INTERFACE_FAILED:
                .connectFailed
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
                .tlsFailed
            case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2,
                CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND:
                .connectionLost
            // The URL's protocol was looked at before: the unsupported one is the answer's.
            case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING: .badResponse
            default: .failed
            }
        let text = String(cString: curl_easy_strerror(result))
        self.init(code, detail.isEmpty ? text : detail)
    }
}

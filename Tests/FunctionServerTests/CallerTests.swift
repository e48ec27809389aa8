import CloudEvents
import FunctionServer
import SignalboxTesting
import Synchronization
import Testing
import Wire

/// Functions that want to know who calls.
@Suite struct CallerTests {
    /// The issuer's keys, served to the function.
    private final class Issuer: HTTPTransport {
        let isAway = Mutex(false)
        private let key: RS256PrivateKey

        init() throws { key = try RS256PrivateKey(pem: TestKeys.rsaPEM) }

        func send(_ request: HTTPRequest) async throws -> HTTPResponse {
            let set: JSON = ["keys": [["kty": "RSA", "kid": "k", "n": .string(TestKeys.rsaModulus), "e": "AQAB"]]]
            let status = isAway.withLock { $0 ? 503 : 200 }
            return HTTPResponse(status: status, headers: [:], body: BytesStream(set.bytes))
        }

        func token(audience: String = "https://f", email: String = "events@p") -> String {
            let now = FixedClock().now().seconds
            let claims: JSON = [
                "iss": "https://accounts.google.com", "aud": .string(audience), "email": .string(email),
                "email_verified": true, "iat": .integer(now), "exp": .integer(now + 60),
            ]
            let header: JSON = ["alg": "RS256", "kid": "k"]
            let text = [header, claims].map { Base64.encode($0.bytes, alphabet: .urlSafe) }.joined(separator: ".")
            return text + "." + Base64.encode(key.signature(for: Array(text.utf8)), alphabet: .urlSafe)
        }
    }

    private let captured = CapturedLog()
    private let issuer: Issuer

    init() throws { issuer = try Issuer() }

    private func ask(_ server: RunningServer, _ token: String?, _ line: String = "POST /") async throws -> String {
        let connection = try RawConnection(port: server.port)
        let field = token.map { "authorization: Bearer \($0)\r\n" } ?? ""
        connection.send("\(line) HTTP/1.1\r\nhost: a\r\n\(field)content-length: 2\r\n\r\n{}")
        let answer = try await #require(connection.receive())
        let status = answer.head.split(separator: " ").dropFirst().first ?? ""
        let code = try JSON(parsing: answer.body)["code"]?.stringValue
        return "\(status) \(code ?? "none")"
    }

    private func start(_ callers: IDTokenPolicy?) async throws -> RunningServer {
        try await FunctionServer.start(
            configuration: ServerConfiguration(port: 0, callers: callers),
            clock: FixedClock(),
            transport: issuer,
            log: captured.log,
            handler: ClosureHandler { _, _ in .done([:]) }
        )
    }

    @Test func onlyThoseOnTheListAreHeard() async throws {
        let server = try await start(IDTokenPolicy(audience: "https://f", emails: ["events@p"]))
        #expect(try await ask(server, nil) == "401 token_missing")
        #expect(try await ask(server, "a.b.c") == "401 token_malformed")
        issuer.isAway.withLock { $0 = true }
        #expect(try await ask(server, issuer.token()) == "503 token_keys_unavailable")
        await server.stop()
        issuer.isAway.withLock { $0 = false }
        let next = try await start(IDTokenPolicy(audience: "https://f", emails: ["events@p"]))
        #expect(try await ask(next, issuer.token()) == "200 none")
        #expect(try await ask(next, issuer.token(audience: "https://g")) == "401 token_audience")
        #expect(try await ask(next, issuer.token(email: "other@p")) == "403 token_email")
        // A platform asks whether the function lives; it has no token.
        let connection = try RawConnection(port: next.port)
        connection.send("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(try await connection.receive()?.head.hasPrefix("HTTP/1.1 200 ") == true)
        await next.stop()
        let labels = captured.lines.map { $0["logging.googleapis.com/labels"] }
        #expect(labels.first??["decision"] == "unauthenticated" && labels.first??["code"] == "token_missing")
    }

    @Test func withoutASettingNobodyIsAsked() async throws {
        let server = try await start(nil)
        #expect(try await ask(server, nil) == "200 none")
        await server.stop()
    }

    @Test func theSettingsAreReadAndNamed() throws {
        let environment = ["SIGNALBOX_OIDC_AUDIENCE": "https://f", "SIGNALBOX_OIDC_EMAILS": "a@b"]
        let configuration = try ServerConfiguration(environment: environment)
        #expect(configuration.callers == IDTokenPolicy(audience: "https://f", emails: ["a@b"]))
        let error = #expect(throws: ServerConfigurationError.self) {
            try ServerConfiguration(environment: ["SIGNALBOX_OIDC_AUDIENCE": "https://f"])
        }
        #expect(error?.variable == "SIGNALBOX_OIDC_EMAILS")
    }
}

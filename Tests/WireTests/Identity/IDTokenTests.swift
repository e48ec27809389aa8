import SignalboxTesting
import Synchronization
import Testing
import Wire

/// The issuer's side: makes tokens, and serves its keys.
private final class Issuer: HTTPTransport {
    struct State {
        var keyIDs: [String] = ["key-1"]
        var status = 200
        var cacheControl = "public, max-age=600, must-revalidate"
        var fetches = 0
    }

    static let url = "https://issuer.example/certs"
    let state = Mutex(State())
    let clock = ManualClock()
    let key: RS256PrivateKey

    init() throws { key = try RS256PrivateKey(pem: TestKeys.rsaPEM) }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let (status, cache, ids) = state.withLock { state in
            state.fetches += 1
            return (state.status, state.cacheControl, state.keyIDs)
        }
        let keys = ids.map { id -> JSON in
            [
                "kty": "RSA", "alg": "RS256", "use": "sig", "kid": .string(id), "n": .string(TestKeys.rsaModulus),
                "e": "AQAB",
            ]
        }
        let others: [JSON] = [["kty": "EC", "kid": "ec"], ["kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB"]]
        let body: JSON = ["keys": .array(keys + others)]
        return HTTPResponse(status: status, headers: ["Cache-Control": cache], body: BytesStream(body.bytes))
    }

    var fetches: Int { state.withLock { $0.fetches } }

    var claims: JSON {
        let now = clock.now().seconds
        return [
            "iss": "https://accounts.google.com", "aud": "https://f.example", "email": "robot@p.iam", "sub": "1",
            "email_verified": true, "iat": .integer(now), "exp": .integer(now + 3600),
        ]
    }

    func token(_ claims: JSON, header: JSON = ["alg": "RS256", "kid": "key-1", "typ": "JWT"]) -> String {
        let text = [header, claims].map { Base64.encode($0.bytes, alphabet: .urlSafe) }.joined(separator: ".")
        return text + "." + Base64.encode(key.signature(for: Array(text.utf8)), alphabet: .urlSafe)
    }

    func verifier() -> IDTokenVerifier {
        let policy = IDTokenPolicy(audience: "https://f.example", emails: ["robot@p.iam"], keysURL: Self.url)
        return IDTokenVerifier(policy: policy, transport: self, clock: clock)
    }
}

@Suite("ID tokens")
struct IDTokenTests {
    private let issuer: Issuer

    init() throws { issuer = try Issuer() }

    private func code(_ token: String) async -> IDTokenError.Code? {
        do throws(IDTokenError) {
            _ = try await issuer.verifier().caller(["Authorization": "Bearer \(token)"])
            return nil
        } catch {
            return error.code
        }
    }

    private func edited(_ members: [String: JSON?]) -> JSON {
        guard case .object(var claims) = issuer.claims else { return .null }
        for (name, value) in members { claims[name] = value }
        return .object(claims)
    }

    @Test("lets in whom the issuer vouches for")
    func good() async throws {
        #expect(await code(issuer.token(issuer.claims)) == nil)
        #expect(await code(issuer.token(edited(["email": "Robot@P.iam"]))) == nil)
    }

    @Test("refuses claims that do not fit, each by its code")
    func claims() async {
        let now = issuer.clock.now().seconds
        let skew = IDTokenPolicy.skewSeconds
        let rows: [([String: JSON?], IDTokenError.Code?)] = [
            (["iss": "https://accounts.example"], .issuer), (["iss": nil], .issuer), (["iss": 1], .issuer),
            (["aud": "https://g.example"], .audience), (["aud": ["https://f.example"]], .audience),
            (["aud": nil], .audience), (["exp": .integer(now - skew)], .expired),
            (["exp": .integer(now - skew + 1), "iat": .integer(now - 3600)], nil), (["exp": nil], .malformed),
            (["exp": .string("9")], .malformed), (["iat": nil], .malformed), (["exp": .integer(Int64.max)], .expired),
            (["iat": .integer(now + skew + 1)], .notYetValid), (["iat": .integer(now + skew)], nil),
            (["iat": .integer(now + 50), "exp": .integer(now + 50)], .notYetValid),
            (["email": "other@p.iam"], .email), (["email": nil], .email), (["email_verified": false], .emailUnverified),
            (["email_verified": nil], .emailUnverified), (["email_verified": "true"], .emailUnverified),
        ]
        for (members, wanted) in rows {
            #expect(await code(issuer.token(edited(members))) == wanted, "\(members)")
        }
    }

    @Test("refuses what is no token, other algorithms and other keys, each by its code")
    func forms() async {
        let good = issuer.token(issuer.claims)
        let parts = good.split(separator: ".").map(String.init)
        func header(_ json: JSON) -> String { issuer.token(issuer.claims, header: json) }
        let rows: [(String, IDTokenError.Code)] = [
            ("a.b", .malformed), ("a.b.c.d", .malformed), ("..", .malformed), ("!.!.!", .malformed),
            (good + "=", .malformed), (String(repeating: "A", count: IDTokenVerifier.tokenBytesMax + 1), .malformed),
            (header(["alg": "none", "kid": "key-1"]), .algorithm),
            (header(["alg": "HS256", "kid": "key-1"]), .algorithm),
            (header(["alg": "RS512", "kid": "key-1"]), .algorithm), (header(["kid": "key-1"]), .algorithm),
            (header(["alg": "RS256", "kid": "key-1", "crit": ["x"]]), .algorithm),
            (header(["alg": "RS256"]), .malformed),
            (header(["alg": "RS256", "kid": "ec"]), .keyUnknown),
            (header(["alg": "RS256", "kid": "short"]), .keyUnknown),
            (header(["alg": "RS256", "kid": "key-2"]), .keyUnknown), (parts[0] + "." + parts[1] + ".", .signature),
            (parts[0] + "." + parts[1] + ".AAAA", .signature),
            (
                parts[0] + "." + Base64.encode(edited(["sub": "2"]).bytes, alphabet: .urlSafe) + "." + parts[2],
                .signature
            ),
        ]
        for (token, wanted) in rows { #expect(await code(token) == wanted, "\(token.prefix(80))") }
    }

    @Test("has a token for every code", arguments: IDTokenError.Code.allCases)
    func everyCode(wanted: IDTokenError.Code) async {
        let now = issuer.clock.now().seconds
        func header(_ json: JSON) -> String { issuer.token(issuer.claims, header: json) }
        func claims(_ members: [String: JSON?]) -> String { issuer.token(edited(members)) }
        if wanted == .keysUnavailable { issuer.state.withLock { $0.status = 500 } }
        let token =
            switch wanted {
            case .missing: ""
            case .malformed: "a.b"
            case .algorithm: header(["alg": "none", "kid": "key-1"])
            case .keyUnknown: header(["alg": "RS256", "kid": "key-2"])
            case .signature:
                issuer.token(issuer.claims).split(separator: ".").dropLast().joined(separator: ".") + ".AAAA"
            case .issuer: claims(["iss": "https://accounts.example"])
            case .audience: claims(["aud": "https://g.example"])
            case .expired: claims(["exp": .integer(now - 3600)])
            case .notYetValid: claims(["iat": .integer(now + 3600), "exp": .integer(now + 7200)])
            case .email: claims(["email": "other@p.iam"])
            case .emailUnverified: claims(["email_verified": false])
            case .keysUnavailable: issuer.token(issuer.claims)
            }
        #expect(await code(token) == wanted)
    }

    @Test("wants a bearer token", arguments: [nil, "", "Basic abc", "Bearer", "Bearer a b"])
    func missing(_ value: String?) async {
        let headers = value.map { HTTPHeaders([("authorization", $0)]) } ?? [:]
        let error = await #expect(throws: IDTokenError.self) { try await issuer.verifier().caller(headers) }
        #expect(error?.code == .missing && error?.status == 401)
    }

    @Test("keeps the keys for as long as the issuer says, and fetches for an unknown one at most once in a while")
    func caching() async throws {
        let verifier = issuer.verifier()
        func ask(_ id: String) async -> IDTokenError.Code? {
            let token = issuer.token(issuer.claims, header: ["alg": "RS256", "kid": .string(id)])
            do throws(IDTokenError) {
                _ = try await verifier.caller(token: token)
                return nil
            } catch {
                return error.code
            }
        }
        for _ in 0..<3 { #expect(await ask("key-1") == nil) }
        #expect(issuer.fetches == 1)
        // Made-up names cost the issuer nothing.
        for number in 0..<5 { #expect(await ask("made-up-\(number)") == .keyUnknown) }
        #expect(issuer.fetches == 1)
        // Rotation: the new key is found once the interval is over, the old one is gone with it.
        issuer.state.withLock { $0.keyIDs = ["key-2"] }
        issuer.clock.advance(by: .seconds(30))
        #expect(await ask("key-2") == nil)
        #expect(await ask("key-1") == .keyUnknown)
        #expect(issuer.fetches == 2)
        issuer.clock.advance(by: .seconds(601))
        #expect(await ask("key-2") == nil)
        #expect(issuer.fetches == 3)
        // An issuer that is away: what is kept counts until its age is over, then nobody can say.
        issuer.state.withLock { $0.status = 500 }
        issuer.clock.advance(by: .seconds(599))
        #expect(await ask("key-2") == nil)
        issuer.clock.advance(by: .seconds(2))
        #expect(await ask("key-2") == .keysUnavailable)
        #expect(IDTokenError(.keysUnavailable, "").status == 503)
    }

    @Test("reads its settings, and names what cannot be meant")
    func settings() throws {
        #expect(try IDTokenPolicy(environment: [:]) == nil)
        let names = (a: "SIGNALBOX_OIDC_AUDIENCE", e: "SIGNALBOX_OIDC_EMAILS", k: "SIGNALBOX_OIDC_KEYS_URL")
        let policy = try #require(try IDTokenPolicy(environment: [names.a: "https://f", names.e: "A@b, c@d"]))
        #expect(policy.emails == ["a@b", "c@d"] && policy.keysURL == IDTokenPolicy.googleKeysURL)
        let local = [names.a: "x", names.e: "a@b", names.k: "http://127.0.0.1:9/certs"]
        #expect(try IDTokenPolicy(environment: local)?.keysURL == "http://127.0.0.1:9/certs")
        let rows: [([String: String], String)] = [
            ([names.a: "x"], names.e), ([names.a: "x", names.e: "nobody"], names.e), ([names.e: "a@b"], names.a),
            ([names.a: "x", names.e: "a@b", names.k: "http://issuer.example/"], names.k),
        ]
        for (environment, name) in rows {
            let error = #expect(throws: IDTokenPolicy.Misconfigured.self) {
                try IDTokenPolicy(environment: environment)
            }
            #expect(error?.variable == name)
        }
    }
}

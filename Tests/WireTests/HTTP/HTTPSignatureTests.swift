import SignalboxTesting
import Testing
import Wire

@Suite("HTTP message signatures")
struct HTTPSignatureTests {
    /// RFC 9421, appendix B.1.4: test-key-ed25519.
    private static func exampleKey() throws -> Ed25519PrivateKey {
        try Ed25519PrivateKey(
            pem: """
                -----BEGIN PRIVATE KEY-----
                MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
                -----END PRIVATE KEY-----

                """
        )
    }

    /// RFC 9421, appendix B.2: the example's request with the signature of B.2.6.
    private static let example = SignedRequest(
        method: "POST",
        scheme: "https",
        authority: "example.com",
        target: "/foo?param=Value&Pet=dog",
        headers: [
            "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
            "Content-Type": "application/json",
            "Content-Length": "18",
            "Signature-Input": #"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")"#
                + #";created=1618884473;keyid="test-key-ed25519""#,
            "Signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u"
                + "02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
        ]
    )

    @Test("the RFC's example verifies (appendix B.2.6)")
    func rfcExample() throws {
        let signature = try HTTPSignature(of: Self.example.headers)
        #expect(signature.label == "sig-b26")
        #expect(signature.created == 1_618_884_473)
        #expect(signature.keyID == "test-key-ed25519")
        #expect(signature.nonce == nil && signature.expires == nil && signature.algorithm == nil)
        #expect(try signature.isValid(for: Self.example, by: Self.exampleKey().publicKey))
    }

    private static let tampering: [(String, @Sendable (inout SignedRequest) -> Void)] = [
        ("method", { $0.method = "PUT" }), ("path", { $0.path = "/fop" }),
        ("authority", { $0.authority = "example.org" }),
        ("date", { $0.headers["date"] = "Tue, 20 Apr 2021 02:07:56 GMT" }),
        ("content type", { $0.headers["content-type"] = "application/jsom" }),
        ("a second value", { $0.headers.add("Content-Length", "18") }),
        ("created", { $0.edit("Signature-Input", "473", "474") }),
        ("keyid", { $0.edit("Signature-Input", "test", "best") }),
        ("a component less", { $0.edit("Signature-Input", #" "content-length""#, "") }),
        ("components in another order", { $0.edit("Signature-Input", #""date" "@method""#, #""@method" "date""#) }),
        ("a parameter more", { $0.edit("Signature-Input", ";keyid", ";expires=1;keyid") }),
        ("signature", { $0.edit("Signature", "wqcA", "wqcB") }),
        ("signature cut", { $0.edit("Signature", "Cw==:", ":") }),
    ]

    @Test("any change of what is covered breaks it", arguments: tampering.indices)
    func tampered(_ index: Int) throws {
        var request = Self.example
        Self.tampering[index].1(&request)
        let isValid = try HTTPSignature(of: request.headers).isValid(for: request, by: Self.exampleKey().publicKey)
        #expect(!isValid, "\(Self.tampering[index].0)")
    }

    @Test("what is not covered may change")
    func uncovered() throws {
        var request = Self.example
        request.query = "other"
        request.headers["X-Forwarded-For"] = "192.0.2.1"
        #expect(try HTTPSignature(of: request.headers).isValid(for: request, by: Self.exampleKey().publicKey))
    }

    private static let unreadable: [(String?, String?, HTTPSignatureError.Code)] = [
        (nil, "s=:AA==:", .missing), (#"s=("@method")"#, nil, .missing), (#"s=("@method""#, "s=:AA==:", .malformed),
        (#"s=("@method")"#, "s=AA", .malformed), (#"s=("@method")"#, "t=:AA==:", .malformed),
        (#"s=("@method"), t=("@path")"#, "s=:AA==:, t=:AA==:", .malformed), ("s=1", "s=:AA==:", .malformed),
        (#"s=("Date")"#, "s=:AA==:", .malformed), ("s=(date)", "s=:AA==:", .malformed),
        (#"s=("");created=1"#, "s=:AA==:", .malformed), (#"s=("@method");created="1""#, "s=:AA==:", .malformed),
        (#"s=("@method");keyid=1"#, "s=:AA==:", .malformed), (#"s=("@method");expires=?1"#, "s=:AA==:", .malformed),
        (#"s=("date" "date")"#, "s=:AA==:", .componentUnsupported),
        (#"s=("date";sf)"#, "s=:AA==:", .componentUnsupported),
        (#"s=("@method";req)"#, "s=:AA==:", .componentUnsupported),
        (#"s=("@query-param";name="a")"#, "s=:AA==:", .componentUnsupported),
        (#"s=("@signature-params")"#, "s=:AA==:", .componentUnsupported),
    ]

    @Test("every code has a case here")
    func everyCode() {
        let codes = Self.unreadable.map(\.2) + [.componentMissing]
        #expect(Set(codes) == Set(HTTPSignatureError.Code.allCases))
    }

    @Test("what cannot be read is refused by its code", arguments: unreadable)
    func malformed(_ input: String?, _ signature: String?, _ code: HTTPSignatureError.Code) {
        var headers = HTTPHeaders()
        if let input { headers.add("Signature-Input", input) }
        if let signature { headers.add("Signature", signature) }
        let error = #expect(throws: HTTPSignatureError.self) { try HTTPSignature(of: headers) }
        #expect(error?.code == code, "\(error?.description ?? "")")
    }

    @Test("covering what is not there is an error of its own", arguments: ["x-missing", "@status", "@unknown"])
    func missingComponent(_ component: String) throws {
        var request = Self.example
        request.headers["Signature-Input"] = "s=(\"\(component)\")"
        request.headers["Signature"] = "s=:AA==:"
        let error = #expect(throws: HTTPSignatureError.self) {
            try HTTPSignature(of: request.headers).isValid(for: request, by: Self.exampleKey().publicKey)
        }
        #expect(error?.code == .componentMissing)
    }

    @Test("derived components are those of RFC 9421, section 2.2")
    func components() throws {
        let request = try #require(SignedRequest(method: "GET", url: "HTTPS://Www.Example.com:443", headers: [:]))
        #expect(request.authority == "www.example.com")
        #expect(request.path == "/")
        #expect(request.query == nil)
        let local = try #require(SignedRequest(method: "GET", url: "http://127.0.0.1:8080/a%20b?", headers: [:]))
        #expect(local.authority == "127.0.0.1:8080")
        #expect(local.path == "/a%20b" && local.query?.isEmpty == true)
        for url in ["/foo", "http://", "http://user@host/", "http://host/#part", "http:host"] {
            #expect(SignedRequest(method: "GET", url: url, headers: [:]) == nil, "\(url)")
        }
    }

    @Test("signs so that it verifies, with a new nonce each time")
    func signs() throws {
        let key = try Self.exampleKey()
        let clock = ManualClock()
        let random = SeededRandomSource(seed: 1)
        let signer = HTTPRequestSigner(key: key, keyID: "robot-7", clock: clock, random: random)
        let plain = HTTPRequest(
            method: "POST",
            url: "https://api.example/upload?x=1",
            headers: ["Content-Type": "application/json", "X-Sum": "abc"]
        )
        var nonces: Set<String> = []
        for _ in 0..<3 {
            let signed = try signer.signed(plain, content: Array("{}".utf8), covering: ["X-Sum"])
            let signature = try HTTPSignature(of: signed.headers)
            let wanted = ["@method", "@target-uri", "content-digest", "content-type", "x-sum"]
            #expect(signature.components == wanted)
            #expect(signature.created == clock.now().seconds && signature.algorithm == "ed25519")
            nonces.insert(try #require(signature.nonce))
            var arrived = SignedRequest(
                method: "POST",
                scheme: "https",
                authority: "api.example:443",
                target: "/upload?x=1",
                headers: signed.headers
            )
            #expect(try signature.isValid(for: arrived, by: key.publicKey))
            try ContentDigest.check(signed.headers, content: Array("{}".utf8))
            arrived.query = "x=2"
            #expect(try !signature.isValid(for: arrived, by: key.publicKey))
        }
        #expect(nonces.count == 3)
        let get = try signer.signed(HTTPRequest(url: "https://api.example/receipt"))
        #expect(try HTTPSignature(of: get.headers).components == ["@method", "@target-uri"])
        #expect(throws: HTTPSignatureError.self) { try signer.signed(plain, covering: ["X-Missing"]) }
        #expect(throws: HTTPSignatureError.self) { try signer.signed(HTTPRequest(url: "/relative")) }
    }
}

extension SignedRequest {
    /// Replaces a part of a field.
    fileprivate mutating func edit(_ name: String, _ old: String, _ new: String) {
        headers[name] = headers[name].map { $0.replacing(old, with: new) }
    }
}

import Testing
import Wire

@Suite("Structured fields")
struct StructuredFieldTests {
    @Test(
        "what is read is written the same way (RFC 9651, section 4.1)",
        arguments: [
            "", "a", "a, b=?0", "a=1, b=-999999999999999", #"a="x \"y\" \\z""#, "a=token/x:y", "a=:AQID:", "a=::",
            #"sig=("@method" "x";req);created=1;keyid="k";flag"#, "a=();b=?0", "a;x;y=2", "*k=1", "a-b_c.d*=1",
        ]
    )
    func roundTrip(_ text: String) throws {
        #expect(try StructuredDictionary(parsing: text).serialized == text)
    }

    @Test(
        "white space that the grammar allows is passed over",
        arguments: [
            (" a=1 ,\tb=2 ", "a=1, b=2"), (#"a=(  "x"   "y"  );  q=1"#, #"a=("x" "y");q=1"#), ("a=?1;b=?1", "a;b"),
        ]
    )
    func whiteSpace(_ text: String, _ written: String) throws {
        #expect(try StructuredDictionary(parsing: text).serialized == written)
    }

    @Test(
        "what the grammar does not allow is refused where it stands",
        arguments: [
            ("A=1", 0), ("1=1", 0), ("a=1,", 4), ("a=1 b=2", 4), ("a=1,,b=2", 4), ("a=", 2), ("a=\"x", 4),
            (#"a="\x""#, 4), ("a=\"\u{e9}\"", 3), ("a=\"\u{1}\"", 3), ("a=1000000000000000", 2), ("a=1.5", 2),
            ("a=-", 3), ("a=@1", 2), ("a=?2", 3), ("a=:AQ:", 3), ("a=:AQID", 7), ("a=:A*==:", 3), (#"a=("x""y")"#, 6),
            (#"a=("x""#, 6), ("a=(1 2", 6), ("a;=1", 2), ("a;B", 2), ("a=1, a=2", 5), ("a;x=1;x=2", 6),
            ("a=%\"x\"", 2), ("\ta=1", 0), ("a =1", 2), ("a=1;", 4),
        ]
    )
    func refused(_ text: String, _ offset: Int) {
        let error = #expect(throws: StructuredFieldError.self) { try StructuredDictionary(parsing: text) }
        #expect(error?.offset == offset, "\(text): \(error?.description ?? "")")
    }

    @Test("bounds are bounds")
    func bounds() {
        let many = (0...StructuredDictionary.countMax).map { "k\($0)" }
        for text in [
            many.joined(separator: ","), "a" + many.map { ";" + $0 }.joined(),
            "a=(" + many.joined(separator: " ") + ")",
            "a=\"" + String(repeating: "x", count: StructuredDictionary.bytesMax) + "\"",
        ] {
            #expect(throws: StructuredFieldError.self) { try StructuredDictionary(parsing: text) }
        }
    }
}

@Suite("Content-Digest")
struct ContentDigestTests {
    private static let content = Array(#"{"hello": "world"}"#.utf8)
    private static let sha256 = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    private static let sha512 =
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"

    private static func check(_ field: String?) throws(ContentDigest.Failure) {
        var headers = HTTPHeaders()
        if let field { headers.add("content-digest", field) }
        try ContentDigest.check(headers, content: content)
    }

    @Test("vouches for the content it was made of (RFC 9530, appendix B.1)")
    func good() throws {
        #expect(ContentDigest.field(for: Self.content) == Self.sha256)
        for field in [Self.sha256, Self.sha512, "\(Self.sha256), \(Self.sha512)", "md5=:AAAA:, \(Self.sha256)"] {
            try Self.check(field)
        }
    }

    @Test(
        "refuses all else by its reason",
        arguments: [
            (nil, .missing), ("", .algorithmUnsupported), ("md5=:AAAA:", .algorithmUnsupported),
            ("sha-256=:AAAA:", .mismatch("sha-256")), ("\(sha256), sha-512=:AAAA:", .mismatch("sha-512")),
            ("sha-256=::", .mismatch("sha-256")), ("sha-256=1", .malformed("sha-256: wanted bytes between colons")),
            ("sha-256", .malformed("sha-256: wanted bytes between colons")),
            ("sha-256=:AAAA", .malformed("byte 13: wanted `:`")),
        ] as [(String?, ContentDigest.Failure)]
    )
    func bad(_ field: String?, _ failure: ContentDigest.Failure) {
        #expect(throws: failure) { try Self.check(field) }
    }
}

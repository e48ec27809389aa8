import Testing
import Wire

@Suite struct EncodingTests {
    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64HasTheVectorsOfTheRFC(_ plain: String, _ text: String) {
        let bytes = Array(plain.utf8)
        #expect(Base64.encode(bytes) == text)
        #expect(Base64.decode(text) == bytes)
        let bare = String(text.prefix { $0 != "=" })
        #expect(Base64.encode(bytes, alphabet: .urlSafe) == bare)
        #expect(Base64.decode(bare, alphabet: .urlSafe) == bytes)
    }

    @Test func base64HasItsTwoAlphabets() {
        #expect(Base64.encode([0xFB, 0xFF, 0xFE]) == "+//+")
        #expect(Base64.encode([0xFB, 0xFF, 0xFE], alphabet: .urlSafe) == "-__-")
        #expect(Base64.decode("-__-") == nil)
        #expect(Base64.decode("+//+", alphabet: .urlSafe) == nil)
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm9v\n", "Zm 9v", "Zg==Zg==", "Zm9vé"])
    func base64IsStrict(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9vZ"])
    func base64URLIsStrict(_ text: String) {
        #expect(Base64.decode(text, alphabet: .urlSafe) == nil)
    }

    @Test(arguments: [
        ("", "''"), ("plain", "'plain'"),
        ("it's", #"'it'\''s'"#), ("'", #"''\'''"#), ("$HOME `id` \n\"", "'$HOME `id` \n\"'"),
    ])
    func aWordOfAShellIsTheTextWhateverIsInIt(_ text: String, _ word: String) {
        #expect(ShellText.quoted(text) == word)
    }

    @Test func anArrayOfBashHasOneWordForEachText() {
        #expect(ShellText.array([]) == "()")
        #expect(ShellText.array(["--env", "A=b c"]) == "('--env' 'A=b c')")
    }

    @Test func everyByteComesBack() {
        let bytes = (0..<256).map { UInt8($0) }
        for count in 0...bytes.count {
            let part = Array(bytes.suffix(count))
            #expect(Base64.decode(Base64.encode(part)) == part)
            #expect(Base64.decode(Base64.encode(part, alphabet: .urlSafe), alphabet: .urlSafe) == part)
            #expect(Hex.decode(Hex.encode(part)) == part)
        }
        #expect(
            PercentEncoding.decode(PercentEncoding.encode(String(decoding: 1...127, as: UTF8.self)))
                == String(decoding: 1...127, as: UTF8.self)
        )
    }

    @Test func hexIsLowerCaseAndReadsBoth() {
        #expect(Hex.encode([0x00, 0x0F, 0xAB]) == "000fab")
        #expect(Hex.decode("000FaB") == [0x00, 0x0F, 0xAB])
        for text in ["0", "0g", "0x00", " 00", "００"] { #expect(Hex.decode(text) == nil) }
    }

    @Test func percentEncodingKeepsTheUnreserved() {
        #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoding.encode("a/b ü+%") == "a%2Fb%20%C3%BC%2B%25")
        #expect(PercentEncoding.encode("a/b", keeping: "/") == "a/b")
        #expect(PercentEncoding.decode("a%2fb%20%C3%BC+") == "a/b ü+")
        for text in ["%", "%2", "%zz", "a%FF", "%C3%28"] { #expect(PercentEncoding.decode(text) == nil) }
    }
}

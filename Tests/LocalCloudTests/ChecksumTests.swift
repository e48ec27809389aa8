import Testing
import Wire

@testable import LocalCloud

@Suite struct ChecksumTests {
    /// RFC 1321, appendix A.5.
    static let vectors: [(text: String, digest: String)] = [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
        (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
    ]

    @Test(arguments: vectors) func md5(text: String, digest: String) {
        var hash = MD5()
        Array(text.utf8).withUnsafeBytes { hash.update($0) }
        #expect(Hex.encode(hash.digest) == digest)
    }

    @Test func md5GoesOnFromItsState() throws {
        let bytes = SeededRandom(seed: 3).bytes(1000)
        var whole = MD5()
        bytes.withUnsafeBytes { whole.update($0) }
        for split in [0, 64, 128, 960] {
            var first = MD5()
            bytes[..<split].withUnsafeBytes { first.update($0) }
            let state = try #require(first.state)
            var second = try #require(MD5(state: state, byteCount: Int64(split)))
            for byte in bytes[split...] { withUnsafeBytes(of: byte) { second.update($0) } }
            #expect(second.digest == whole.digest)
        }
        var odd = MD5()
        bytes[..<65].withUnsafeBytes { odd.update($0) }
        #expect(odd.state == nil)
    }
}

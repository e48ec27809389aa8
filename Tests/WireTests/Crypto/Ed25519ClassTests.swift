import Foundation
import Testing
import Wire

/// A row of `Tests/Reference/ed25519_classes.json`, made by the script beside it.
struct Ed25519Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let publicKey: String
    let message: String
    let signature: String
    let accepted: Bool

    var testDescription: String { name }

    enum CodingKeys: String, CodingKey {
        case name, message, signature, accepted
        case publicKey = "public_key"
    }

    static func all() throws -> [Ed25519Case] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = tests.deletingLastPathComponent().appending(path: "Reference/ed25519_classes.json")
        return try JSONDecoder().decode([Ed25519Case].self, from: Data(contentsOf: file))
    }
}

@Suite("Ed25519 by class")
struct Ed25519ClassTests {
    @Test("takes and refuses by the strict rule", arguments: try Ed25519Case.all())
    func row(_ row: Ed25519Case) throws {
        let bytes = try #require(Hex.decode(row.publicKey))
        let message = try #require(Hex.decode(row.message))
        let signature = try #require(Hex.decode(row.signature))
        let isValid = Ed25519PublicKey(bytes: bytes)?.isValid(signature: signature, for: message) ?? false
        #expect(isValid == row.accepted)
    }

    @Test("knows every class")
    func classes() throws {
        let rows = try Ed25519Case.all()
        let classes = Set(rows.compactMap { $0.name.split(separator: ":").first.map(String.init) })
        #expect(classes == ["valid", "S", "R", "A", "length", "zeros", "wrong", "context"])
        #expect(rows.count >= 100)
        #expect(rows.filter(\.accepted).count >= 9)
    }

    @Test("a key that anybody can sign for is none, in PEM neither")
    func weakKeys() throws {
        let weak = try Ed25519Case.all().filter { $0.name.hasPrefix("A: of order") || $0.name.hasPrefix("A: y") }
        #expect(weak.count >= 16)
        for row in weak {
            let bytes = try #require(Hex.decode(row.publicKey))
            #expect(Ed25519PublicKey(bytes: bytes) == nil, "\(row.name)")
            let der: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + bytes
            let pem = "-----BEGIN PUBLIC KEY-----\n\(Base64.encode(der))\n-----END PUBLIC KEY-----\n"
            #expect(throws: KeyError.self, "\(row.name)") { try Ed25519PublicKey(pem: pem) }
        }
    }
}

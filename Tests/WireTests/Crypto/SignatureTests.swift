import SignalboxTesting
import Testing
import Wire

@Suite("Ed25519")
struct Ed25519Tests {
    struct Vector: Sendable {
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
    }

    /// RFC 8032, section 7.1: TEST 1, 2, 3 and SHA(abc).
    static let vectors = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
                + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
                + "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
                + "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
        Vector(
            seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b5890"
                + "9351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ]

    @Test("gives the vectors of RFC 8032", arguments: vectors)
    func vector(_ vector: Vector) throws {
        let seed = try #require(Hex.decode(vector.seed))
        let key = try #require(Ed25519PrivateKey(seed: seed))
        let message = try #require(Hex.decode(vector.message))
        let signature = try #require(Hex.decode(vector.signature))
        #expect(Hex.encode(key.publicKey.bytes) == vector.publicKey)
        #expect(Hex.encode(key.signature(for: message)) == vector.signature)
        #expect(key.publicKey.isValid(signature: signature, for: message))
    }

    @Test("refuses every signature that differs by a bit, another message, key or length")
    func refuses() throws {
        let key = try Ed25519PrivateKey(random: SystemRandomSource())
        let message = Array("episode".utf8)
        let signature = key.signature(for: message)
        for index in signature.indices {
            var flipped = signature
            flipped[index] ^= 1
            #expect(!key.publicKey.isValid(signature: flipped, for: message))
        }
        #expect(!key.publicKey.isValid(signature: signature, for: message + [0]))
        #expect(!key.publicKey.isValid(signature: Array(signature.dropLast()), for: message))
        #expect(!key.publicKey.isValid(signature: [], for: message))
        #expect(
            try !Ed25519PrivateKey(random: SystemRandomSource()).publicKey.isValid(signature: signature, for: message)
        )
    }

    @Test("keys have 32 bytes")
    func lengths() {
        #expect(Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 31)) == nil)
        #expect(Ed25519PublicKey(bytes: [UInt8](repeating: 1, count: 33)) == nil)
    }

    /// RFC 8410, section 10.
    static let privatePEM =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        + "-----END PRIVATE KEY-----\n"
    static let publicPEM =
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        + "-----END PUBLIC KEY-----\n"

    @Test("reads and writes the PEM of RFC 8410")
    func pem() throws {
        let key = try Ed25519PrivateKey(pem: Self.privatePEM)
        #expect(Hex.encode(key.seed) == "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842")
        #expect(key.pem == Self.privatePEM)
        #expect(key.publicKey.pem == Self.publicPEM)
        #expect(try Ed25519PublicKey(pem: Self.publicPEM) == key.publicKey)
    }

    @Test("says why a PEM is no key of its kind")
    func badPEM() {
        #expect(throws: KeyError.self) { try Ed25519PrivateKey(pem: "") }
        #expect(throws: KeyError.self) { try Ed25519PrivateKey(pem: Self.publicPEM) }
        #expect(throws: KeyError.self) { try Ed25519PublicKey(pem: Self.privatePEM) }
        #expect { try Ed25519PrivateKey(pem: TestKeys.rsaPEM) } throws: { ($0 as? KeyError)?.code == .wrongAlgorithm }
        #expect { try Ed25519PrivateKey(pem: "nonsense") } throws: { ($0 as? KeyError)?.code == .malformed }
    }
}

@Suite("RS256")
struct RS256Tests {
    @Test("gives the signature that openssl gives")
    func vector() throws {
        let key = try RS256PrivateKey(pem: TestKeys.rsaPEM)
        let signature = key.signature(for: Array("header.claims".utf8))
        #expect(Base64.encode(signature) == Self.signature)
        #expect(key.isValid(signature: signature, for: Array("header.claims".utf8)))
        #expect(!key.isValid(signature: signature, for: Array("header.Claims".utf8)))
    }

    @Test("refuses other kinds of key")
    func refuses() {
        #expect { try RS256PrivateKey(pem: Ed25519Tests.privatePEM) } throws: {
            ($0 as? KeyError)?.code == .wrongAlgorithm
        }
        #expect { try RS256PrivateKey(pem: Self.shortPEM) } throws: { ($0 as? KeyError)?.code == .tooShort }
        #expect { try RS256PrivateKey(pem: "nonsense") } throws: { ($0 as? KeyError)?.code == .malformed }
    }
}

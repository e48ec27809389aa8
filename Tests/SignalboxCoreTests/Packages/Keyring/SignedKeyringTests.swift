import SignalboxCore
import Testing
import Wire

@Suite("A signed keyring")
struct SignedKeyringTests {
    static let first = Sample.key(seedFrom: 96)
    static let second = Sample.key(seedFrom: 128)
    static let stranger = Sample.key(seedFrom: 160)
    static let keyring = Keyring([Sample.robot], version: 3)

    static func roots(threshold: Int) throws -> KeyringRoots {
        try KeyringRoots(
            threshold: threshold,
            keys: ["root-1": first.publicKey, "root-2": second.publicKey, "root-1-again": first.publicKey]
        )
    }

    static func code(_ body: () throws -> Void) -> KeyringError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? KeyringError)?.code
        }
    }

    @Test("counts with as many distinct roots as must sign, and one more", arguments: [1, 2])
    func accepted(threshold: Int) throws {
        let bytes = Self.keyring.signed(by: [(Self.first, "root-1"), (Self.second, "root-2")]).bytes
        let trusted = try KeyringTrust.roots(Self.roots(threshold: threshold)).read(bytes)
        #expect(trusted.keyring == Self.keyring)
        #expect(trusted.signedDigest == SHA256.digest(of: Self.keyring.json.bytes))
    }

    @Test("counts when strangers signed it too")
    func strangers() throws {
        let bytes = Self.keyring.signed(by: [(Self.stranger, "who"), (Self.first, "root-1")]).bytes
        #expect(try KeyringTrust.roots(Self.roots(threshold: 1)).read(bytes).keyring == Self.keyring)
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: KeyringError.Code
        var threshold = 2
        let bytes: @Sendable () throws -> [UInt8]

        init(
            _ description: String,
            _ code: KeyringError.Code,
            threshold: Int = 2,
            _ bytes: @escaping @Sendable () throws -> [UInt8]
        ) {
            testDescription = description
            self.code = code
            self.threshold = threshold
            self.bytes = bytes
        }
    }

    private static func edited(_ edit: (inout JSON) -> Void) throws -> [UInt8] {
        var json = try JSON(parsing: keyring.signed(by: [(first, "root-1"), (second, "root-2")]).bytes)
        edit(&json)
        return json.bytes
    }

    static let bad = [
        Bad("below the threshold", .threshold) { keyring.signed(by: [(first, "root-1")]).bytes },
        Bad("twice by one key", .threshold) {
            try edited { $0[pointer: "/signatures/1"] = $0[pointer: "/signatures/0"] }
        },
        Bad("by one key under two names", .threshold) {
            keyring.signed(by: [(first, "root-1"), (first, "root-1-again")]).bytes
        },
        Bad("by one root and a stranger", .threshold) {
            keyring.signed(by: [(first, "root-1"), (stranger, "who")]).bytes
        },
        Bad("by strangers alone", .threshold, threshold: 1) { keyring.signed(by: [(stranger, "who")]).bytes },
        Bad("by a stranger under a root's name", .badSignature, threshold: 1) {
            keyring.signed(by: [(stranger, "root-1")]).bytes
        },
        Bad("tampered with", .badSignature, threshold: 1) {
            try edited { envelope in
                var other = keyring
                other.version = 4
                envelope[pointer: "/payload"] = .string(Base64.encode(other.json.bytes))
            }
        },
        Bad("of another payload type", .payloadType, threshold: 1) {
            DSSEEnvelope(signing: keyring.json.bytes, type: Receipt.payloadType, key: first, keyID: "root-1").bytes
        },
        Bad("whose payload type was changed", .payloadType) {
            try edited { $0[pointer: "/payloadType"] = "application/vnd.in-toto+json" }
        },
        Bad("signed as a manifest and sold as a keyring", .badSignature, threshold: 1) {
            let envelope = DSSEEnvelope(signing: keyring.json.bytes, key: first, keyID: "root-1")
            var json = try JSON(parsing: envelope.bytes)
            json[pointer: "/payloadType"] = .string(Keyring.payloadType)
            return json.bytes
        },
        Bad("without a signature", .unsigned) { try edited { $0[pointer: "/signatures"] = [] } },
        Bad("that is no envelope", .unsigned) { keyring.json.bytes },
        Bad("without a version", .unreadable, threshold: 1) {
            Keyring([Sample.robot]).signed(by: [(first, "root-1")]).bytes
        },
        Bad("whose payload is none", .unreadable, threshold: 1) {
            DSSEEnvelope(signing: [0x7B], type: Keyring.payloadType, key: first, keyID: "root-1").bytes
        },
        Bad("that is no JSON", .unreadable) { Array("hello".utf8) },
        Bad("that is too long", .unreadable) { [UInt8](repeating: 0x20, count: Keyring.fileBytesMax + 1) },
    ]

    @Test("is refused under the code of what is wrong", arguments: bad)
    func refused(bad: Bad) throws {
        let trust = KeyringTrust.roots(try Self.roots(threshold: bad.threshold))
        let bytes = try bad.bytes()
        #expect(Self.code { _ = try trust.read(bytes) } == bad.code)
    }

    /// Those that are no property of the bytes have tests of their own, here and with the cached keyring.
    @Test("has a case for every code")
    func everyCode() {
        let others: Set<KeyringError.Code> = [.unavailable, .rootsMissing, .rolledBack, .versionReused, .expired]
        #expect(Set(Self.bad.map(\.code)).union(others) == Set(KeyringError.Code.allCases))
    }

    @Test("needs somebody to say whose signatures count")
    func withoutRoots() throws {
        let bytes = Self.keyring.signed(by: [(Self.first, "root-1")]).bytes
        #expect(Self.code { _ = try KeyringTrust.localFile.read(bytes) } == .rootsMissing)
        #expect(try KeyringTrust.localFile.read(Self.keyring.json.bytes).keyring == Self.keyring)
    }

    @Test("never follows a newer one, nor another of its version")
    func order() throws {
        let trust = KeyringTrust.roots(try Self.roots(threshold: 1))
        func trusted(_ keyring: Keyring) throws -> TrustedKeyring {
            try trust.read(keyring.signed(by: [(Self.first, "root-1")]).bytes)
        }
        let earlier = try trusted(Keyring([Sample.robot], version: 3))
        #expect(Self.code { try trusted(Keyring([Sample.robot], version: 2)).check(follows: earlier) } == .rolledBack)
        #expect(Self.code { try trusted(Keyring([], version: 3)).check(follows: earlier) } == .versionReused)
        try trusted(Keyring([Sample.robot], version: 3)).check(follows: earlier)
        try trusted(Keyring([], version: 4)).check(follows: earlier)
    }

    @Test("counts until its time is over")
    func expiry() throws {
        let trust = KeyringTrust.roots(try Self.roots(threshold: 1))
        let keyring = Keyring([], version: 1, expiresAt: Sample.now)
        let trusted = try trust.read(keyring.signed(by: [(Self.first, "root-1")]).bytes)
        try trusted.check(at: Sample.now - .seconds(1))
        #expect(Self.code { try trusted.check(at: Sample.now) } == .expired)
    }

    @Test("has roots that can reach their threshold", arguments: [0, 3, 17])
    func threshold(threshold: Int) throws {
        #expect(Self.code { _ = try Self.roots(threshold: threshold) } == .unreadable)
        var json = try Self.roots(threshold: 2).json
        #expect(try KeyringRoots(parsing: json.bytes) == Self.roots(threshold: 2))
        json[pointer: "/threshold"] = .integer(Int64(threshold))
        let bytes = json.bytes
        #expect(Self.code { _ = try KeyringRoots(parsing: bytes) } == .unreadable)
    }

    @Test("is drafted, and counts with the last signature that must be there")
    func draft() throws {
        let roots = try Self.roots(threshold: 2)
        var draft = try KeyringDraft(parsing: KeyringDraft(Self.keyring).bytes)
        #expect(draft.signatureCount(roots) == 0)
        for (key, isComplete) in [(Self.first, false), (Self.first, false), (Self.second, true)] {
            draft = try KeyringDraft(parsing: draft.signed(by: key, roots: roots).bytes)
            #expect(draft.isComplete(roots) == isComplete)
            #expect(draft.keyring == Self.keyring)
        }
        #expect(try KeyringTrust.roots(roots).read(draft.bytes).keyring == Self.keyring)
        #expect(Self.code { _ = try draft.signed(by: Self.stranger, roots: roots) } == .rootsMissing)
    }
}

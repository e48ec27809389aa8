import SignalboxCore
import Testing
import Wire

@Suite("Who signed")
struct ManifestVerifierTests {
    @Test("is known from the keyring")
    func accepted() throws {
        let upload = try Upload()
        let verifier = ManifestVerifier(keyring: Keyring([Sample.robot]))
        let verified = try verifier.verify(upload.envelope, now: Sample.now)
        #expect(verified.manifest == upload.manifest)
        #expect(verified.keyIDs == [Sample.keyID])
    }

    @Test("may be any key of an environment, or one for all", arguments: [["lab-2", "lab-3"], ["*"]])
    func environments(environments: Set<String>) throws {
        var key = Sample.robot
        key.environments = environments
        let verifier = ManifestVerifier(keyring: Keyring([key]))
        #expect(try verifier.verify(Upload().envelope, now: Sample.now).keyID == Sample.keyID)
    }

    @Test(
        "may be the key of the robot, of several, or of any",
        arguments: [(["arm-7"], nil), (["arm-6", "arm-7"], nil), (["*"], nil), (["arm-6", "*"], nil)]
            + [(["arm-6"], .keyNotForRobot), (["arm-77"], .keyNotForRobot), ([], .keyNotForRobot)]
            as [(Set<String>, RefusalCode?)]
    )
    func robots(robots: Set<String>, code: RefusalCode?) throws {
        let upload = try Upload()
        var key = Sample.robot
        key.robots = robots
        let verifier = ManifestVerifier(keyring: Keyring([key]))
        #expect(
            refusalCode { () throws(Refusal) in _ = try verifier.verify(upload.envelope, now: Sample.now) } == code
        )
        // Environment and times are told first: a robot's name adds nothing to a key that may not sign at all.
        key.environments = []
        let elsewhere = ManifestVerifier(keyring: Keyring([key]))
        #expect(
            refusalCode { () throws(Refusal) in _ = try elsewhere.verify(upload.envelope, now: Sample.now) }
                == .keyNotForEnvironment
        )
    }

    @Test("may be found behind signatures of strangers")
    func severalSignatures() throws {
        var upload = try Upload()
        try upload.editEnvelope { envelope in
            let good = envelope[pointer: "/signatures/0"]
            envelope[pointer: "/signatures"] = [["keyid": "stranger", "sig": "AAAA"], good ?? .null]
        }
        let verifier = ManifestVerifier(keyring: Keyring([Sample.robot]))
        #expect(try verifier.verify(upload.envelope, now: Sample.now).keyID == Sample.keyID)
    }

    @Test("may be several keys, each named once, in the envelope's order", arguments: [false, true])
    func severalSigners(isReversed: Bool) throws {
        var upload = try Upload()
        let twice = try DSSEEnvelope(parsing: upload.envelope).signed(by: Sample.otherKey, keyID: "second")
        upload.envelope = twice.bytes
        try upload.editEnvelope { envelope in
            let all = [0, 1, 0, 1].map { envelope[pointer: "/signatures/\($0)"] ?? .null }
            envelope[pointer: "/signatures"] = .array(isReversed ? all.reversed() : all)
        }
        var second = Sample.robot
        (second.keyID, second.publicKey) = ("second", Sample.otherKey.publicKey.bytes)
        let names = [Sample.keyID, "second"]
        let both = ManifestVerifier(keyring: Keyring([Sample.robot, second]))
        #expect(try both.verify(upload.envelope, now: Sample.now).keyIDs == (isReversed ? names.reversed() : names))
        second.robots = ["arm-8"]
        let one = ManifestVerifier(keyring: Keyring([Sample.robot, second]))
        #expect(try one.verify(upload.envelope, now: Sample.now).keyIDs == [Sample.keyID])
    }

    /// Rotation: what old and new key signed together is good as long as one of them may sign.
    @Test("may be two keys of which one is over", arguments: [false, true])
    func rotation(oldFirst: Bool) throws {
        var upload = try Upload()
        let payload = try DSSEEnvelope(parsing: upload.envelope).payload
        let other = try JSON(parsing: DSSEEnvelope(signing: payload, key: Sample.otherKey, keyID: "new").bytes)
        try upload.editEnvelope { envelope in
            let signatures = [envelope[pointer: "/signatures/0"] ?? .null, other[pointer: "/signatures/0"] ?? .null]
            envelope[pointer: "/signatures"] = .array(oldFirst ? signatures : signatures.reversed())
        }
        var old = Sample.robot
        old.notAfter = Sample.now
        var new = Sample.robot
        (new.keyID, new.publicKey) = ("new", Sample.otherKey.publicKey.bytes)
        let verifier = ManifestVerifier(keyring: Keyring([old, new]))
        #expect(try verifier.verify(upload.envelope, now: Sample.now).keyID == "new")
    }

    /// A key is valid from its first moment up to, not including, its last; rotation is two keys that overlap.
    @Test(
        "counts by the keys' times",
        arguments: [
            ("2025-12-31T23:59:59.999999999Z", RefusalCode.keyNotYetValid), ("2026-01-01T00:00:00Z", nil),
            ("2026-12-31T23:59:59.999999999Z", nil), ("2027-01-01T00:00:00Z", .keyExpired),
        ]
    )
    func times(now: String, code: RefusalCode?) throws {
        let upload = try Upload()
        let verifier = ManifestVerifier(keyring: Keyring([Sample.robot]))
        #expect(
            refusalCode { () throws(Refusal) in
                _ = try verifier.verify(upload.envelope, now: Sample.time(now))
            } == code
        )
    }

    @Test("is refused from the moment of revocation, also what was signed before")
    func revocation() throws {
        let upload = try Upload()
        var key = Sample.robot
        key.revokedAt = Sample.now
        let verifier = ManifestVerifier(keyring: Keyring([key]))
        let before = Sample.now - .nanoseconds(1)
        #expect(refusalCode { () throws(Refusal) in _ = try verifier.verify(upload.envelope, now: before) } == nil)
        #expect(
            refusalCode { () throws(Refusal) in _ = try verifier.verify(upload.envelope, now: Sample.now) }
                == .keyRevoked
        )
    }

    @Test("is asked before anything signed is parsed")
    func signatureFirst() {
        let envelope = DSSEEnvelope(signing: Array("not even JSON".utf8), key: Sample.otherKey, keyID: Sample.keyID)
        let verifier = ManifestVerifier(keyring: Keyring([Sample.robot]))
        #expect(
            refusalCode { () throws(Refusal) in _ = try verifier.verify(envelope.bytes, now: Sample.now) }
                == .badSignature
        )
    }
}

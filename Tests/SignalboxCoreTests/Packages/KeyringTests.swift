import SignalboxCore
import Testing
import Wire

@Suite("Keyrings")
struct KeyringTests {
    static let text = """
        {"keys":[{"environments":["lab-3"],"key_id":"arm-7-2026","not_after":"2027-01-01T00:00:00Z",\
        "not_before":"2026-01-01T00:00:00Z","public_key":"A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="}]}
        """

    /// The public key of the seed 0…31 as Python's `cryptography` gives it.
    @Test("read and write the file's form")
    func golden() throws {
        #expect(try Keyring(parsing: Array(Self.text.utf8)) == Keyring([Sample.robot]))
        #expect(Keyring([Sample.robot]).json.serialized() == Self.text)
    }

    @Test("say which robots a key is for only where it is not for any: older readers pass over it")
    func robots() throws {
        var key = Sample.robot
        key.robots = ["arm-8", "arm-7"]
        let json = Keyring([key]).json
        #expect(json[pointer: "/keys/0/robots"] == ["arm-7", "arm-8"])
        #expect(try Keyring(parsing: json.bytes).keys[Sample.keyID] == key)
        for absent in [nil, JSON.null] {
            var json = try JSON(parsing: Self.text)
            json[pointer: "/keys/0/robots"] = absent
            #expect(try Keyring(parsing: json.bytes) == Keyring([Sample.robot]))
        }
    }

    @Test("come back as they were, revoked keys too")
    func roundTrip() throws {
        var revoked = Sample.robot
        revoked.keyID = "older"
        revoked.publicKey = Sample.otherKey.publicKey.bytes
        revoked.revokedAt = Sample.now
        let keyring = Keyring([Sample.robot, revoked], version: 7, expiresAt: Sample.now)
        #expect(try Keyring(parsing: keyring.json.bytes) == keyring)
    }

    @Test("replace a key of the same name when set")
    func set() {
        var keyring = Keyring([Sample.robot])
        var key = Sample.robot
        key.environments = ["*"]
        keyring.set(key)
        #expect(keyring.keys == [Sample.keyID: key])
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let pointer: String
        let value: JSON?
        let message: String
        var testDescription: String { "\(pointer) = \(value?.serialized() ?? "nothing")" }
    }

    static let bad = [
        Bad(pointer: "/keys", value: nil, message: "/keys"),
        Bad(pointer: "/keys/0/key_id", value: nil, message: "/keys/0/key_id"),
        Bad(pointer: "/keys/0/public_key", value: "AAAA", message: "/keys/0/public_key"),
        Bad(pointer: "/keys/0/public_key", value: "~", message: "/keys/0/public_key"),
        Bad(pointer: "/keys/0/environments", value: "lab-3", message: "/keys/0/environments"),
        Bad(pointer: "/keys/0/environments/0", value: 3, message: "/keys/0/environments/0"),
        Bad(pointer: "/keys/0/not_before", value: nil, message: "/keys/0/not_before"),
        Bad(pointer: "/keys/0/not_after", value: "2027-02-30T00:00:00Z", message: "/keys/0/not_after"),
        Bad(pointer: "/keys/0/revoked_at", value: true, message: "/keys/0/revoked_at"),
        Bad(pointer: "/keys/0/key_id", value: "", message: "/keys/0/key_id"),
        Bad(pointer: "/keys/0/key_id", value: "robot\u{202E}7", message: "/keys/0/key_id"),
        Bad(pointer: "/keys/0/key_id", value: "robot 7", message: "/keys/0/key_id"),
        Bad(pointer: "/keys/0/environments/0", value: "lab\u{200B}", message: "/keys/0/environments/0"),
        Bad(pointer: "/keys/0/environments/0", value: "lab*", message: "/keys/0/environments/0"),
        Bad(pointer: "/keys/0/robots", value: [], message: "/keys/0/robots"),
        Bad(pointer: "/keys/0/robots", value: "arm-7", message: "/keys/0/robots"),
        Bad(pointer: "/keys/0/robots", value: ["arm-7", "Arm 8"], message: "/keys/0/robots/1"),
        Bad(pointer: "/version", value: .integer(Keyring.versionMax + 1), message: "/version"),
        Bad(pointer: "/version", value: -1, message: "/version"),
        Bad(pointer: "/version", value: "1", message: "/version"),
        Bad(pointer: "/expires_at", value: "tomorrow", message: "/expires_at"),
    ]

    @Test("say which part cannot be read", arguments: bad)
    func refused(bad: Bad) throws {
        var json = try JSON(parsing: Self.text)
        json[pointer: bad.pointer] = bad.value
        do throws(KeyringError) {
            _ = try Keyring(parsing: json.bytes)
            Issue.record("accepted")
        } catch {
            #expect(error.message.contains(bad.message))
        }
    }

    @Test("refuse two keys of one name")
    func duplicates() throws {
        var json = try JSON(parsing: Self.text)
        json[pointer: "/keys/-"] = json[pointer: "/keys/0"]
        #expect(throws: KeyringError.self) { try Keyring(parsing: json.bytes) }
    }

    @Test("refuse one key under two names: the second would outlive the first one's revocation")
    func twoNames() throws {
        var json = try JSON(parsing: Self.text)
        json[pointer: "/keys/-"] = json[pointer: "/keys/0"]
        json[pointer: "/keys/1/key_id"] = "second"
        do throws(KeyringError) {
            _ = try Keyring(parsing: json.bytes)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .unreadable)
            #expect(error.message.contains("/keys/1/public_key"))
        }
    }

    @Test("refuse what is no JSON, or too long")
    func notJSON() {
        #expect(throws: KeyringError.self) { try Keyring(parsing: []) }
        let long = Array(Self.text.utf8) + [UInt8](repeating: 0x20, count: Keyring.fileBytesMax)
        #expect(throws: KeyringError.self) { try Keyring(parsing: long) }
    }
}

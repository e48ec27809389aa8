import SignalboxCore
import Testing
import Wire

@Suite("Manifests")
struct ManifestTests {
    static let config = JobConfig(
        modelType: "wavecore",
        modelName: "reach",
        epochs: 7,
        batchSize: 16,
        learningRate: 0.5,
        seed: 0,
        checkpointEverySteps: 50,
        tier: "local"
    )

    static var manifest: Manifest {
        Upload.manifest(Array("not really an archive".utf8), Sample.files, training: config)
    }

    /// Payload, signature and envelope were made with Python: `json.dumps(sort_keys=True)`, `cryptography`'s Ed25519
    /// and the DSSE encoding written out by hand.
    @Test("give the statement and the envelope that Python makes of the same parts")
    func golden() throws {
        let payload = Self.manifest.statement.bytes
        #expect(payload.count == 1725)
        let payloadDigest = SHA256.digest(of: payload).hex
        #expect(payloadDigest == "f737ee0e56b1e389ca44d5dde14b64e53fad7edbe12201b100be2beaa933dc52")
        let envelope = DSSEEnvelope(signing: payload, key: Sample.robotKey, keyID: Sample.keyID)
        #expect(
            Base64.encode(envelope.signatures[0].bytes)
                == "w634DY2Cdx6k2e/w/vBdYurTrgoJqwyM/6x1m25tjW2FG3MXAWru1clClYG3LA1Brh1rJNbDIC3bAnpdTTRbCQ=="
        )
        let envelopeDigest = SHA256.digest(of: envelope.bytes).hex
        #expect(envelopeDigest == "cab901424823dc831ed63fbc94267700623695421f45cb5ee47f8604061cdcdc")
    }

    @Test("come back as they were", arguments: [nil, config])
    func roundTrip(training: JobConfig?) throws {
        var manifest = Self.manifest
        manifest.training = training
        #expect(try Manifest(statement: manifest.statement.bytes) == manifest)
    }

    @Test("pass over members of a later version")
    func unknownMembers() throws {
        var statement = Self.manifest.statement
        statement[pointer: "/predicate/weather"] = "fine"
        statement[pointer: "/subject/0/annotations"] = ["a": 1]
        #expect(try Manifest(statement: statement.bytes) == Self.manifest)
    }

    @Test(
        "take safe paths only",
        arguments: [
            ("a", true), ("a/b.json", true), ("a b/ü", true), ("..a/b..", true), ("", false), ("/a", false),
            ("a/", false), ("a//b", false), (".", false), ("a/./b", false), ("..", false), ("a/../b", false),
            ("a\\b", false), ("a\0b", false), ("a\nb", false), ("a\u{7F}", false),
            ("...", false), ("a/. ./b", false), ("a/ ", false), ("C:x", false), ("C:", false), ("ab:c", true),
            ("a\u{85}b", false), ("a\u{2028}b", false), ("a\u{202E}gpj.exe", false), ("a\u{200F}", false),
            (String(repeating: "a/", count: 31) + "a", true), (String(repeating: "a/", count: 32) + "a", false),
            (String(repeating: "a", count: 512), true), (String(repeating: "a", count: 513), false),
        ]
    )
    func paths(path: String, isSafe: Bool) {
        #expect(Manifest.isSafe(path: path) == isSafe)
    }

    /// What is signed must not be refused by the archive's reader afterwards.
    @Test("name nothing that the archive's reader refuses")
    func sameAsArchive() throws {
        for scalar in (0...0x2FFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init) {
            let path = "a\(Character(scalar))b"
            #expect(Manifest.isSafe(path: path) == MemberPath.isSafe(path), "U+\(String(scalar.value, radix: 16))")
        }
    }

    struct Edit: Sendable, CustomTestStringConvertible {
        let pointer: String
        let value: JSON?
        let code: RefusalCode
        var testDescription: String { "\(pointer) = \(value?.serialized() ?? "nothing")" }

        init(_ pointer: String, _ value: JSON?, _ code: RefusalCode = .manifestSchema) {
            self.pointer = pointer
            self.value = value
            self.code = code
        }
    }

    static let edits: [Edit] = [
        Edit("/_type", "https://in-toto.io/Statement/v0.1"),
        Edit("/predicateType", "https://slsa.dev/provenance/v1"),
        Edit("/predicate", nil),
        Edit("/predicate/robot_id", "Arm 7"),
        Edit("/predicate/environment_id", ""),
        Edit("/predicate/software/continuon_ai_app", nil),
        Edit("/predicate/capture_window_utc/end", "2026-06-01T07:59:59Z"),
        Edit("/predicate/capture_window_utc/start", "yesterday"),
        Edit("/predicate/packaged_at", 1_780_000_000),
        Edit("/predicate/archive/name", "archive.rar"),
        Edit("/predicate/archive/name", "archive.tar.zst"),
        Edit("/predicate/archive/size", 0),
        Edit("/predicate/archive/size", "21"),
        Edit("/predicate/archive/size", 21.5),
        Edit("/predicate/episodes", []),
        Edit("/predicate/episodes/0/path", "../ep_00000/metadata.json"),
        Edit("/predicate/episodes/0/size", -1),
        Edit("/predicate/episodes/0/sha256", "00"),
        Edit("/predicate/episodes/0/sha256", .string(String(repeating: "A", count: 64))),
        Edit("/predicate/episodes/0/sha256", .string(String(repeating: "0", count: 64))),
        Edit("/predicate/episodes/0", nil),
        Edit("/subject", []),
        Edit("/subject/0", nil),
        Edit("/subject/1", nil),
        Edit("/subject/1/name", "archive.zip"),
        Edit("/subject/1/digest/sha256", .string(String(repeating: "0", count: 64))),
        Edit("/subject/1/digest", ["sha1": "00"]),
        Edit("/subject/-", ["name": "more", "digest": ["sha256": .string(String(repeating: "0", count: 64))]]),
        Edit("/predicate/training/epoch", 3),
        Edit("/predicate/training/epochs", 0),
        Edit("/predicate/training/learning_rate", 0),
        Edit("/predicate/training/model_type", "../wavecore"),
        Edit("/predicate/package_id", "pkg-00000000000000000000000000000000", .packageID),
        Edit("/predicate/robot_id", "arm-8", .packageID),
        Edit("/predicate/environment_id", "lab-4", .packageID),
        Edit("/predicate/episodes/0/size", 27, .packageID),
    ]

    @Test("refuse what does not fit", arguments: edits)
    func refused(edit: Edit) {
        var statement = Self.manifest.statement
        statement[pointer: edit.pointer] = edit.value
        #expect(refusalCode { () throws(Refusal) in _ = try Manifest(statement: statement.bytes) } == edit.code)
    }

    /// Also where the id is derived from the two entries and a subject makes up the number.
    @Test("refuse two entries for one blob")
    func duplicateEntries() {
        var statement = Upload.manifest([0], [Sample.files[0], Sample.files[0]]).statement
        statement[pointer: "/subject/2/name"] = "more"
        #expect(refusalCode { () throws(Refusal) in _ = try Manifest(statement: statement.bytes) } == .manifestSchema)
    }
}

import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

/// `docs/manifest.schema.json` and `docs/keyring.schema.json`, by Python's `jsonschema`, beside our own readers.
@Suite("The published schemas", .serialized)
struct ManifestSchemaTests {
    /// A document with one part replaced, or removed.
    struct Broken: Sendable {
        let pointer: String
        let value: JSON?

        init(_ pointer: String, _ value: JSON?) {
            self.pointer = pointer
            self.value = value
        }

        func applied(to document: JSON) -> JSON {
            var document = document
            document[pointer: pointer] = value
            return document
        }
    }

    static let required = [
        "/_type", "/subject", "/predicateType", "/predicate", "/subject/0/name", "/subject/0/digest",
        "/subject/0/digest/sha256", "/predicate/package_id", "/predicate/robot_id", "/predicate/environment_id",
        "/predicate/software", "/predicate/software/continuon_brain_runtime", "/predicate/software/continuon_ai_app",
        "/predicate/capture_window_utc", "/predicate/capture_window_utc/start", "/predicate/capture_window_utc/end",
        "/predicate/packaged_at", "/predicate/archive", "/predicate/archive/name", "/predicate/archive/size",
        "/predicate/episodes", "/predicate/episodes/0/path", "/predicate/episodes/0/size",
        "/predicate/episodes/0/sha256",
    ]

    static let malformed = [
        Broken("/_type", "https://in-toto.io/Statement/v0.1"),
        Broken("/predicateType", "https://slsa.dev/provenance/v1"),
        Broken("/subject", []), Broken("/subject", [:]), Broken("/subject/0", "archive.zip"),
        Broken("/subject/0/name", ""), Broken("/subject/0/name", 7),
        Broken("/subject/0/digest/sha256", "ABCDEF"),
        Broken("/subject/0/digest/sha256", .string(String(repeating: "A", count: 64))),
        Broken("/predicate/package_id", "pkg-1"), Broken("/predicate/package_id", 1),
        Broken("/predicate/robot_id", ""), Broken("/predicate/robot_id", "Arm 7"),
        Broken("/predicate/robot_id", "-arm"),
        Broken("/predicate/robot_id", .string(String(repeating: "a", count: 64))),
        Broken("/predicate/environment_id", "lab/3"), Broken("/predicate/environment_id", "../lab"),
        Broken("/predicate/software", "1.2.3"), Broken("/predicate/software/continuon_ai_app", 4),
        Broken("/predicate/capture_window_utc", "2026-06-01"),
        Broken("/predicate/capture_window_utc/start", "yesterday"),
        Broken("/predicate/capture_window_utc/end", "2026-13-01T00:00:00Z"),
        Broken("/predicate/packaged_at", "2026-06-01 10:00:00Z"), Broken("/predicate/packaged_at", 1_780_000_000),
        Broken("/predicate/packaged_at", "2026-06-01T10:00:00"),
        Broken("/predicate/archive/name", "archive.rar"), Broken("/predicate/archive/name", "../archive.zip"),
        Broken("/predicate/archive/size", 0), Broken("/predicate/archive/size", -1),
        Broken("/predicate/archive/size", "12"), Broken("/predicate/archive/size", 1.5),
        Broken("/predicate/episodes", []), Broken("/predicate/episodes/0", "a"),
        Broken("/predicate/episodes/0/size", -1), Broken("/predicate/episodes/0/size", "1"),
        Broken("/predicate/episodes/0/sha256", "00"), Broken("/predicate/episodes/0/path", ""),
        Broken("/predicate/episodes/0/path", "/absolute"), Broken("/predicate/episodes/0/path", "a/../b"),
        Broken("/predicate/episodes/0/path", ".."), Broken("/predicate/episodes/0/path", "./a"),
        Broken("/predicate/episodes/0/path", "a//b"), Broken("/predicate/episodes/0/path", "a/"),
        Broken("/predicate/episodes/0/path", "a\\b"), Broken("/predicate/episodes/0/path", "a\u{0}b"),
        Broken("/predicate/episodes/0/path", "a\nb"), Broken("/predicate/episodes/0/path", "a\u{7F}b"),
        Broken("/predicate/episodes/0/path", .string(String(repeating: "a", count: 513))),
        Broken("/predicate/episodes/0/path", "..."), Broken("/predicate/episodes/0/path", "a/. ./b"),
        Broken("/predicate/episodes/0/path", "C:x"), Broken("/predicate/episodes/0/path", "a\u{85}b"),
        Broken("/predicate/episodes/0/path", "a\u{202E}b"), Broken("/predicate/episodes/0/path", "a\u{2029}b"),
        Broken("/predicate/episodes/0/path", .string(String(repeating: "a/", count: 32) + "a")),
        Broken("/predicate/training", "fast"), Broken("/predicate/training", []),
    ]

    @Test("refuse every manifest that we refuse for its form")
    func broken() throws {
        let good = try Upload().manifest.statement
        let cases = Self.required.map { Broken($0, nil) } + Self.malformed
        let documents = cases.map { $0.applied(to: good) }
        let errors = try SchemaCheck.errors([good] + documents, schema: "manifest.schema.json")
        #expect(errors.first == .some(nil))
        for (broken, (document, error)) in zip(cases, zip(documents, errors.dropFirst())) {
            let name = "\(broken.pointer) = \(broken.value?.serialized() ?? "nothing")"
            #expect(error != nil, "the schema takes \(name)")
            do throws(Refusal) {
                _ = try Manifest(statement: document.bytes)
                Issue.record("we take \(name)")
            } catch {
                let code: RefusalCode = broken.value == "pkg-1" ? .packageID : .manifestSchema
                #expect(error.code == code, "\(name): \(error)")
            }
        }
    }

    @Test("take what `signalbox package` makes, paths of all kinds too")
    func made() throws {
        let folder = try TemporaryFolder()
        for path in ["ep/a b.jsonl", "ep/..hidden", "ep/.x/..y.", "ep/été.json", "z"] {
            try folder.write("{}\n", to: "in/" + path)
        }
        try folder.write(Sample.metadata("ep").serialized(), to: "in/ep/metadata.json")
        try folder.write(Sample.step(0).serialized(), to: "in/ep/steps/0")
        var order = PackageOrder(
            folder: folder.path + "/in",
            robotID: Sample.robotID,
            environmentID: Sample.environmentID,
            software: Sample.software,
            output: folder.path + "/out"
        )
        let builder = PackageBuilder(key: Sample.robotKey, keyID: Sample.keyID, clock: ManualClock(Sample.now))
        var statements: [JSON] = []
        for training in [nil, JobConfig(epochs: 3)] {
            order.training = training
            order.replaces = true
            let envelope = try FileIO.read(try builder.build(order).envelope, bytesMax: 1 << 20)
            statements.append(try JSON(parsing: DSSEEnvelope(parsing: envelope).payload))
        }
        #expect(try SchemaCheck.errors(statements, schema: "manifest.schema.json") == [nil, nil])
    }

    static let brokenKeyrings = [
        Broken("/keys", nil), Broken("/keys", [:]), Broken("/version", -1), Broken("/version", "1"),
        Broken("/version", 1.5), Broken("/expires_at", "soon"), Broken("/expires_at", 7),
        Broken("/keys/0", "key"), Broken("/keys/0/key_id", nil), Broken("/keys/0/key_id", ""),
        Broken("/keys/0/key_id", .string(String(repeating: "k", count: 257))),
        Broken("/keys/0/key_id", "robot\u{202E}7"), Broken("/keys/0/key_id", "robot 7"),
        Broken("/keys/0/key_id", "robot-7\n"), Broken("/version", .integer(Keyring.versionMax + 1)),
        Broken("/keys/0/robots", []), Broken("/keys/0/robots", "arm-7"), Broken("/keys/0/robots/0", "Arm 7"),
        Broken("/keys/0/robots/0", nil), Broken("/keys/0/environments/0", "lab*"),
        Broken("/keys/0/environments/0", "lab\u{200B}"), Broken("/keys/0/environments/0", ""),
        Broken("/keys/0/public_key", nil), Broken("/keys/0/public_key", "AAAA"), Broken("/keys/0/public_key", "~"),
        Broken("/keys/0/environments", nil), Broken("/keys/0/environments", "lab-3"),
        Broken("/keys/0/environments/0", 3), Broken("/keys/0/not_before", nil), Broken("/keys/0/not_after", nil),
        Broken("/keys/0/not_after", "2027"), Broken("/keys/0/revoked_at", true),
    ]

    @Test("refuse every keyring that we refuse for its form")
    func keyrings() throws {
        var revoked = Sample.robot
        revoked.keyID = "older"
        revoked.publicKey = Sample.otherKey.publicKey.bytes
        revoked.revokedAt = Sample.now
        revoked.robots = [Sample.robotID]
        var own = Sample.robot
        own.robots = [Sample.robotID]
        let good = [
            Keyring().json, Keyring([Sample.robot]).json,
            Keyring([own, revoked], version: 7, expiresAt: Sample.now).json,
        ]
        let broken = Self.brokenKeyrings.map { $0.applied(to: good[2]) }
        let errors = try SchemaCheck.errors(good + broken, schema: "keyring.schema.json")
        #expect(errors.prefix(good.count) == [nil, nil, nil])
        for (broken, (document, error)) in zip(Self.brokenKeyrings, zip(broken, errors.dropFirst(good.count))) {
            #expect(error != nil, "the schema takes \(broken)")
            #expect(throws: KeyringError.self, "\(broken)") { try Keyring(parsing: document.bytes) }
        }
    }
}

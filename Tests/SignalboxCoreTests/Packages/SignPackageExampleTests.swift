import Foundation
import SignalboxCore
import Testing
import Wire

/// `docs/examples/sign_package.py`: a package made by the reference libraries, without any code of ours.
@Suite("A package signed in Python", .serialized)
struct SignPackageExampleTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let episodes = URL(filePath: folder.path).appending(path: "episodes")
        try FileManager.default.createDirectory(at: episodes, withIntermediateDirectories: true)
        for episode in ["ep_00000", "ep_00001"] {
            let source = URL(filePath: PythonEnvironment.episodes).appending(path: episode)
            try FileManager.default.copyItem(at: source, to: episodes.appending(path: episode))
        }
        try folder.write(Sample.robotKey.pem, to: "robot.pem")
    }

    private func sign(keyID: String = Sample.keyID) throws -> Upload {
        let outcome = try PythonEnvironment.run(
            example: "sign_package.py",
            [
                folder.path + "/episodes", "--robot", Sample.robotID, "--environment", Sample.environmentID,
                "--key", folder.path + "/robot.pem", "--key-id", keyID, "--out", folder.path + "/package",
            ]
        )
        try #require(outcome.status == 0, "\(outcome.errors)")
        let envelope = try folder.bytes(of: "package/manifest.dsse.json")
        let manifest = try Manifest(statement: DSSEEnvelope(parsing: envelope).payload)
        #expect(String(decoding: outcome.output, as: UTF8.self) == manifest.packageID + "\n")
        var upload = Upload(manifest: manifest, archive: try folder.bytes(of: "package/archive.zip"))
        upload.envelope = envelope
        return upload
    }

    @Test("is accepted by the intake, and is what the schema says")
    func accepted() async throws {
        let upload = try sign()
        let world = IntakeWorld()
        try await world.put(upload)
        #expect(try await world.intake.judge(upload.archiveObject).code == "package_accepted")
        #expect(try await world.receipt(of: upload).status == .accepted)
        let statement = try JSON(parsing: DSSEEnvelope(parsing: upload.envelope).payload)
        #expect(try SchemaCheck.errors([statement], schema: "manifest.schema.json") == [nil])
    }

    @Test("is refused like any other where its key is not known, or a byte is another one")
    func refused() async throws {
        let stranger = try sign(keyID: "stranger")
        let world = IntakeWorld()
        try await world.put(stranger)
        #expect(try await world.intake.judge(stranger.archiveObject).code == RefusalCode.unknownKey.rawValue)

        var damaged = try sign()
        damaged.archive[damaged.archive.count / 2] ^= 1
        let other = IntakeWorld()
        try await other.put(damaged)
        guard case .rejected = try await other.intake.judge(damaged.archiveObject) else {
            Issue.record("a damaged package was not refused")
            return
        }
    }
}

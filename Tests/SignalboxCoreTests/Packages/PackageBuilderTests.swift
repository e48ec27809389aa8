import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

/// Packages made of folders, read back as the intake reads them.
struct PackageBuilderTests {
    private static let metadata = #"""
        {"robot_id": "arm-7", "environment_id": "lab-3",
         "software": {"continuon_brain_runtime": "1.2.3", "continuon_ai_app": "4.5.6"}}
        """#

    private let folder: TemporaryFolder
    private let clock = ManualClock(Sample.now)

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(Self.metadata, to: "in/ep_00001/metadata.json")
        try folder.write("{}\n", to: "in/ep_00001/steps/000000.jsonl")
        try folder.write(Self.metadata, to: "in/ep_00000/metadata.json")
    }

    private func order(_ edit: (inout PackageOrder) -> Void = { _ in }) -> PackageOrder {
        var order = PackageOrder(
            folder: folder.path + "/in",
            robotID: Sample.robotID,
            environmentID: Sample.environmentID,
            output: folder.path + "/out"
        )
        edit(&order)
        return order
    }

    private func build(_ order: PackageOrder) throws(PackageError) -> BuiltPackage {
        try PackageBuilder(key: Sample.robotKey, keyID: Sample.keyID, clock: clock).build(order)
    }

    private func code(_ order: PackageOrder) -> PackageError.Code? {
        do throws(PackageError) {
            _ = try build(order)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func passesTheIntakesOwnChecks() async throws {
        let package = try build(order())
        let verifier = ManifestVerifier(keyring: Keyring([Sample.robot]))
        let (manifest, keyID) = try verifier.verify(folder.bytes(of: "out/manifest.dsse.json"), now: Sample.now)
        #expect(keyID == Sample.keyID)
        #expect(manifest == package.manifest)
        #expect(manifest.software == Sample.software)
        #expect(
            manifest.episodes.map(\.path)
                == ["ep_00000/metadata.json", "ep_00001/metadata.json", "ep_00001/steps/000000.jsonl"]
        )
        try await ArchiveVerifier.verify(BytesStream(folder.bytes(of: "out/archive.zip")), against: manifest)
        #expect(package.warnings.isEmpty)
        #expect(folder.names(in: "out") == ["archive.zip", "manifest.dsse.json"])
    }

    @Test func givesTheSameArchiveForTheSameFilesWhateverTheirTimes() throws {
        let first = try build(order())
        let file = folder.path + "/in/ep_00001/steps/000000.jsonl"
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: file)
        clock.advance(by: .seconds(60))
        let second = try build(order { $0.output = folder.path + "/again" })
        #expect(first.manifest.packageID == second.manifest.packageID)
        #expect(try folder.bytes(of: "out/archive.zip") == folder.bytes(of: "again/archive.zip"))
        #expect(second.manifest.captureStart == Timestamp(seconds: 1))
    }

    @Test func takesTheCaptureWindowOfTheEpisodesWhereEveryOneHasIt() throws {
        for (episode, day) in [("ep_00000", 4), ("ep_00001", 2)] {
            let window =
                #""capture_window_utc": {"start": "2026-05-0\#(day)T10:00:00Z", "end": "2026-05-0\#(day)T11:00:00Z"}"#
            try folder.write(Self.metadata.dropLast() + ", \(window)}", to: "in/\(episode)/metadata.json")
        }
        let manifest = try build(order()).manifest
        #expect(manifest.captureStart == Sample.time("2026-05-02T10:00:00Z"))
        #expect(manifest.captureEnd == Sample.time("2026-05-04T11:00:00Z"))
    }

    @Test func warnsOfAnotherRobotThanTheEpisodesName() throws {
        let package = try build(order { $0.robotID = "arm-8" })
        #expect(package.warnings == ["episodes name robot arm-7, the package says arm-8"])
    }

    @Test func keepsAPackageUnlessItMayBeReplaced() throws {
        let first = try build(order())
        #expect(code(order()) == .outputExists)
        try folder.write("{}\n{}\n", to: "in/ep_00001/steps/000000.jsonl")
        let second = try build(order { $0.replaces = true })
        #expect(first.manifest.packageID != second.manifest.packageID)
        #expect(try folder.bytes(of: "out/manifest.dsse.json") == FileIO.read(second.envelope, bytesMax: 1 << 20))
    }

    @Test func refusesWhatIsNoPackage() throws {
        #expect(code(order { $0.folder += "/missing" }) == .folderUnreadable)
        #expect(code(order { $0.robotID = "Arm 7" }) == .nameMalformed)
        #expect(code(order { $0.output = folder.path + "/in/out" }) == .outputInside)
        try folder.write("not json", to: "in/ep_00002/metadata.json")
        #expect(code(order()) == .metadataMalformed)
        try folder.write(
            Self.metadata.replacingOccurrences(of: "1.2.3", with: "1.2.4"),
            to: "in/ep_00002/metadata.json"
        )
        #expect(code(order()) == .softwareUnknown)
        #expect(code(order { $0.software = Sample.software }) == nil)
    }

    @Test func refusesAFolderWithoutFiles() throws {
        let empty = folder.path + "/empty/deeper"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        #expect(code(order { $0.folder = empty }) == .folderEmpty)
    }

    @Test func refusesLinksWhereverTheyPoint() throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/in/ep_00000/link.jsonl",
            withDestinationPath: folder.path + "/in/ep_00000/metadata.json"
        )
        #expect(code(order()) == .fileKind)
        #expect(folder.names(in: "out").isEmpty)
    }

    @Test func refusesNamesThatAManifestCannotCarry() throws {
        try folder.write("", to: "in/ep_00000/a\\b")
        #expect(code(order()) == .filePathUnsafe)
    }
}

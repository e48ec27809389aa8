import Foundation
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

/// Packages made of folders, read back as the intake reads them.
struct PackageBuilderTests {
    private static let steps = Sample.step(0).serialized() + "\n"

    private let folder: TemporaryFolder
    private let clock = ManualClock(Sample.now)

    init() throws {
        folder = try TemporaryFolder()
        for name in ["ep_00001", "ep_00000"] { try write(name) }
    }

    /// Writes an episode with a description that is changed.
    private func write(_ name: String, _ edit: (inout JSON) -> Void = { _ in }) throws {
        var metadata = Sample.metadata(name)
        metadata[pointer: "/robot_id"] = .string(Sample.robotID)
        edit(&metadata)
        try folder.write(metadata.serialized(), to: "in/\(name)/metadata.json")
        try folder.write(Self.steps, to: "in/\(name)/steps/000000.jsonl")
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
        let verified = try verifier.verify(folder.bytes(of: "out/manifest.dsse.json"), now: Sample.now)
        let manifest = verified.manifest
        #expect(verified.keyID == Sample.keyID)
        #expect(manifest == package.manifest)
        #expect(manifest.software == Sample.software)
        #expect(
            manifest.episodes.map(\.path)
                == ["ep_00000", "ep_00001"].flatMap { ["\($0)/metadata.json", "\($0)/steps/000000.jsonl"] }
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
            try write(episode) {
                $0[pointer: "/capture_window_utc"] = [
                    "start": .string("2026-05-0\(day)T10:00:00Z"), "end": .string("2026-05-0\(day)T11:00:00Z"),
                ]
            }
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
        try folder.write(Self.steps + Sample.step(1).serialized(), to: "in/ep_00001/steps/000000.jsonl")
        let second = try build(order { $0.replaces = true })
        #expect(first.manifest.packageID != second.manifest.packageID)
        #expect(try folder.bytes(of: "out/manifest.dsse.json") == FileIO.read(second.envelope, bytesMax: 1 << 20))
    }

    @Test func refusesWhatIsNoPackage() throws {
        #expect(code(order { $0.folder += "/missing" }) == .folderUnreadable)
        #expect(code(order { $0.robotID = "Arm 7" }) == .nameMalformed)
        #expect(code(order { $0.output = folder.path + "/in/out" }) == .outputInside)
        try write("ep_00002") { $0[pointer: "/capture_window_utc"] = ["start": "noon"] }
        #expect(code(order()) == .metadataMalformed)
        try folder.write("not json", to: "in/ep_00002/metadata.json")
        #expect(code(order()) == .episodeInvalid)
        try write("ep_00002") { $0[pointer: "/software/continuon_brain_runtime"] = "1.2.4" }
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

    @Test(
        "refuses names that some disk takes for one, or for none",
        arguments: [["a.bin", "A.bin"], ["straße", "STRASSE"], ["x", "x."], ["..."], ["C:x"], ["a\u{202E}b"]]
    )
    func namesThatCollide(names: [String]) throws {
        for name in names { try folder.write("", to: "in/ep_00000/blobs/" + name) }
        #expect(code(order()) == (names == ["C:x"] ? nil : .filePathUnsafe))
        // Only at the front is it a drive.
        if names == ["C:x"] {
            try folder.write("", to: "in/C:x")
            #expect(code(order { $0.replaces = true }) == .filePathUnsafe)
        }
        #expect(!folder.names(in: "out").contains("archive.zip.tmp"))
    }

    @Test func refusesFoldersDeeperThanAnArchiveMayNest() throws {
        let deepest = String(repeating: "d/", count: EpisodeFolder.depthMax - 1)
        try folder.write("", to: "in/ep_00000/\(deepest)file")
        #expect(code(order()) == nil)
        try folder.write("", to: "in/ep_00000/\(deepest)d/file")
        #expect(code(order { $0.replaces = true }) == .depthLimit)
    }

    @Test func refusesMoreFilesThanAPackageMayHold() throws {
        try folder.write("", to: "in/many/0")
        for number in 1...ArchiveLimits.standard.membersMax {
            #expect(FileManager.default.createFile(atPath: "\(folder.path)/in/many/\(number)", contents: nil))
        }
        #expect(code(order()) == .filesLimit)
    }

    @Test func refusesAnOutputThatCannotBeWritten() {
        #expect(code(order { $0.output = folder.path + "/in/ep_00000/metadata.json/out" }) == .outputUnwritable)
    }

    @Test func refusesWhatTheIntakeWouldRefuseBeforeAnythingIsWritten() throws {
        try folder.write("{}\n", to: "in/ep_00001/steps/000000.jsonl")
        let error = #expect(throws: PackageError.self) { try build(order()) }
        #expect(error?.code == .episodeInvalid)
        #expect(error?.episodes?.findings.first?.path == "ep_00001/steps/000000.jsonl")
        #expect(error?.message.hasPrefix("step_invalid: ep_00001/steps/000000.jsonl, line 1: /step_index") == true)
        #expect(folder.names(in: "out").isEmpty)
    }

    @Test func tellsWarningsAndPacksAllTheSame() throws {
        try folder.write("hello", to: "in/readme.txt")
        try folder.write("hello", to: "in/ep_00001/blobs/readme.txt")
        let report = try build(order()).episodes
        #expect(report.errorCount == 0 && report.findings.map(\.code) == [.fileUnrecognised])
        #expect(report.findings.first?.path == "readme.txt")
    }
}

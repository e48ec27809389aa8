import Foundation
import Glibc
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

/// Models installed from a store: whole and verified, or not at all.
struct ModelInstallerTests {
    private let folder: TemporaryFolder
    private let store = MemoryObjectStore(clock: ManualClock(Sample.now))
    private let modelKey = Sample.key(seedFrom: 96)
    private let version = ModelRegistry.Version(
        name: "reach",
        version: 1,
        jobID: Sample.job().id,
        uri: "gs://training/models/reach/v1/"
    )
    private var files = ["model.safetensors": "weights of the first version", "model.json": "{}"]

    init() throws { folder = try TemporaryFolder() }

    private var target: String { folder.path + "/models/reach" }

    private func publish(
        signedBy key: Ed25519PrivateKey? = nil,
        edit: (inout ModelManifest) -> Void = { _ in }
    ) async throws {
        var manifest = ModelManifest(
            spec: JobSpec(job: Sample.job(attempt: 1)),
            name: version.name,
            version: version.version,
            files: files.sorted { $0.key < $1.key }.map { Member($0.key, $0.value).blob },
            createdAt: Sample.now
        )
        edit(&manifest)
        try await put(ModelManifest.fileName, manifest.signed(by: key ?? modelKey, keyID: "models"))
        for (name, text) in files { try await put(name, Array(text.utf8)) }
    }

    private func put(_ name: String, _ bytes: [UInt8]) async throws {
        let object = Sample.layout.model(version.name, version: version.version, file: name)
        _ = try await store.write(object, .bytes(bytes), contentType: "text/plain", metadata: [:], if: .none)
    }

    private func install(replaces: Bool = false) async throws(ModelInstallError) -> ModelInstallation {
        try await ModelInstaller(objects: store, key: modelKey.publicKey)
            .install(version, to: target, replaces: replaces)
    }

    private func code(replaces: Bool = false) async -> ModelInstallError.Code? {
        do throws(ModelInstallError) {
            _ = try await install(replaces: replaces)
            return nil
        } catch {
            return error.code
        }
    }

    private func read(_ name: String) throws -> String {
        String(decoding: try folder.bytes(of: "models/reach/\(name)"), as: UTF8.self)
    }

    @Test func installsEveryFileAndTheManifest() async throws {
        try await publish()
        let installation = try await install()
        #expect(!installation.wasPresent)
        #expect(folder.names(in: "models/reach") == ["manifest.dsse.json", "model.json", "model.safetensors"])
        #expect(folder.names(in: "models") == ["reach"])
        #expect(try read("model.safetensors") == files["model.safetensors"])
    }

    @Test mutating func installsFilesInFolders() async throws {
        let index = "variables/variables.index"
        files[index] = "index"
        try await publish()
        // What a killed install and a model left that was replaced.
        for name in ["partial/variables/shard", "replaced/variables/shard", "replaced/manifest.dsse.json"] {
            try folder.write("old", to: "models/.reach.\(name)")
        }
        try folder.write("old", to: "models/reach/model.json")
        #expect(await code(replaces: true) == nil)
        #expect(folder.names(in: "models") == ["reach"])
        #expect(folder.names(in: "models/reach/variables") == ["variables.index"])
        #expect(try read(index) == "index")
        #expect(try await install().wasPresent)
        try folder.write("edited by hand", to: "models/reach/\(index)")
        #expect(await code() == .installedDiffers)
        files[index] = nil
        try await publish()
        #expect(await code(replaces: true) == nil)
        #expect(folder.names(in: "models/reach") == ["manifest.dsse.json", "model.json", "model.safetensors"])
        #expect(folder.names(in: "models") == ["reach"])
    }

    @Test func leavesFoldersThatNoModelHas() async throws {
        try await publish()
        try folder.write("dear", to: "models/reach/letters/1")
        #expect(await code(replaces: true) == nil)
        #expect(try read("model.json") == "{}")
        #expect(String(decoding: try folder.bytes(of: "models/.reach.replaced/letters/1"), as: UTF8.self) == "dear")
    }

    @Test(arguments: ["../escaped", "variables/../../escaped", "/escaped"])
    func refusesNamesThatLeadElsewhere(_ name: String) async throws {
        try await publish { $0.files[0].path = name }
        #expect(await code(replaces: true) == .manifestRefused)
        #expect(folder.names().isEmpty)
    }

    @Test func leavesAnInstallThatIsUnderWayAlone() async throws {
        try await publish()
        let draft = folder.path + "/models/.reach.partial"
        try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: true)
        try folder.write("half", to: "models/.reach.partial/model.json")
        let other = open(draft, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(other >= 0 && flock(other, LOCK_EX | LOCK_NB) == 0)
        #expect(await code() == .installBusy)
        #expect(folder.names(in: "models") == [".reach.partial"])
        #expect(folder.names(in: "models/.reach.partial") == ["model.json"])
        close(other)
        #expect(await code() == nil)
        #expect(folder.names(in: "models") == ["reach"])
    }

    /// Permissions stop nobody who is root; these do.
    @Test(arguments: ["models", "models/reach"])
    func namesAFolderThatCannotBeWritten(_ file: String) async throws {
        try await publish()
        try folder.write("no folder", to: file)
        #expect(await code() == .folderUnwritable)
        #expect(String(decoding: try folder.bytes(of: file), as: UTF8.self) == "no folder")
    }

    @Test(arguments: ["", "/", ".", "..", "models/.."])
    func refusesFoldersThatHaveNoName(_ target: String) async throws {
        try await publish()
        let error = await #expect(throws: ModelInstallError.self) {
            try await ModelInstaller(objects: store, key: modelKey.publicKey).install(version, to: target)
        }
        #expect(error?.code == .folderUnwritable)
    }

    @Test func countsTheSameVersionAsInstalled() async throws {
        try await publish()
        _ = try await install()
        let again = try await install()
        #expect(again.wasPresent)
        #expect(folder.names(in: "models") == ["reach"])
    }

    @Test(arguments: ["model.json", "manifest.dsse.json", "notes.txt"])
    func keepsOtherContentUnlessItMayBeReplaced(_ name: String) async throws {
        try await publish()
        _ = try await install()
        try folder.write("edited by hand", to: "models/reach/\(name)")
        #expect(await code() == .installedDiffers)
        #expect(try read(name) == "edited by hand")
        _ = try await install(replaces: true)
        #expect(folder.names(in: "models/reach") == ["manifest.dsse.json", "model.json", "model.safetensors"])
        #expect(try read("model.json") == "{}")
        #expect(folder.names(in: "models") == ["reach"])
    }

    @Test func refusesAManifestOfAnotherKey() async throws {
        try await publish(signedBy: Sample.otherKey)
        #expect(await code() == .manifestRefused)
        #expect(folder.names(in: "models").isEmpty)
    }

    @Test func refusesAManifestOfAnotherVersion() async throws {
        try await publish { $0.version = 2 }
        #expect(await code() == .manifestMismatch)
    }

    @Test(arguments: ["Weights of the first version", "weights", "weights of the first version and more"])
    func refusesAFileThatIsNotTheManifests(_ text: String) async throws {
        try await publish()
        try await put("model.safetensors", Array(text.utf8))
        #expect(await code() == .fileMismatch)
        #expect(folder.names(in: "models").isEmpty)
    }

    @Test func keepsTheOldInstallWhenTheNewOneFails() async throws {
        try await publish()
        _ = try await install()
        try folder.write("edited by hand", to: "models/reach/model.json")
        try await put("model.safetensors", [0])
        #expect(await code(replaces: true) == .fileMismatch)
        #expect(try read("model.json") == "edited by hand")
        #expect(folder.names(in: "models") == ["reach"])
    }

    @Test func goesOnBehindAKilledInstall() async throws {
        try await publish()
        try folder.write("half", to: "models/.reach.partial/model.safetensors")
        _ = try await install()
        #expect(folder.names(in: "models") == ["reach"])
        #expect(try read("model.safetensors") == files["model.safetensors"])
    }

    @Test func bringsTheOldInstallBackBehindAKillBetweenTheRenames() async throws {
        try await publish()
        try folder.write("old", to: "models/.reach.replaced/model.json")
        #expect(await code() == .installedDiffers)
        #expect(try read("model.json") == "old")
        #expect(folder.names(in: "models") == ["reach"])
    }

    @Test func tellsWhatTheStoreSaid() async throws {
        #expect(await code() == .storeFailed)
    }
}

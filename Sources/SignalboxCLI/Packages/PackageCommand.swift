import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox package`.
struct PackageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package",
        abstract: "Make a signed package of a folder of episodes.",
        discussion: """
            Packs every plain file under the folder (links are refused) into archive.zip, the same bytes for the same \
            files, and signs manifest.dsse.json with the robot's key. The package's id follows from its content. The \
            episodes are judged as the intake will judge them: what it would refuse is not packed.
            """
    )

    @Argument(help: "The folder with the episodes.")
    var folder: String

    @Option(help: "The robot that captured them.")
    var robot: String

    @Option(help: "The environment they were captured in.")
    var environment: String

    @Option(help: "The robot's private key (PEM).")
    var key: String

    @Option(name: .customLong("key-id"), help: "The key's name in the keyring.")
    var keyID: String

    @Option(help: "The folder for the package, made where it is missing.")
    var out: String

    @Option(help: "The robot runtime's version. [default: as the episodes' metadata say]")
    var runtimeVersion: String?

    @Option(help: "The app's version. [default: as the episodes' metadata say]")
    var appVersion: String?

    @Flag(help: "Pack the bytes as they are: larger, and faster to verify.")
    var stored = false

    @Flag(help: "Replace a package that lies there.")
    var replace = false

    @Flag(inversion: .prefixedNo, help: "Show how far it is.")
    var progress = true

    @OptionGroup(title: "Training") var training: TrainingOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (runtimeVersion == nil) == (appVersion == nil) else {
            throw ValidationError("--runtime-version and --app-version go together.")
        }
    }

    func run() throws {
        var software: Manifest.Software?
        if let runtimeVersion, let appVersion {
            software = Manifest.Software(continuonBrainRuntime: runtimeVersion, continuonAIApp: appVersion)
        }
        let order = PackageOrder(
            folder: folder,
            robotID: robot,
            environmentID: environment,
            software: software,
            training: try training.config(),
            compression: stored ? .stored : .deflate,
            output: out,
            replaces: replace
        )
        let key = try Ed25519PrivateKey(
            pem: String(decoding: try FileIO.read(self.key, bytesMax: Settings.keyFileBytesMax), as: UTF8.self)
        )
        let bar = ProgressBar("packing", isSilent: !progress)
        defer { bar.finish() }
        let builder = PackageBuilder(key: key, keyID: keyID, clock: SystemClock())
        let package: BuiltPackage
        do throws(PackageError) {
            package = try builder.build(order) { done, total in bar.update(done, of: total) }
        } catch {
            bar.finish()
            if let episodes = error.episodes { Console.note(episodes) }
            throw error
        }
        bar.finish()
        if !output.json { Console.note(package.episodes) }
        for warning in package.warnings { Console.note("note: \(warning)") }
        answer(package)
    }

    private func answer(_ package: BuiltPackage) {
        let manifest = package.manifest
        let answer: JSON = [
            "package_id": .string(manifest.packageID),
            "robot_id": .string(manifest.robotID),
            "environment_id": .string(manifest.environmentID),
            "archive": .string(package.archive),
            "archive_size": .integer(manifest.archive.size),
            "archive_sha256": .string(manifest.archive.digest.hex),
            "manifest": .string(package.envelope),
            "files": .integer(Int64(manifest.episodes.count)),
            "capture_window_utc": [
                "start": .string(manifest.captureStart.description), "end": .string(manifest.captureEnd.description),
            ],
            "warnings": .array(package.warnings.map(JSON.string)),
            "episode_findings": package.episodes.json,
        ]
        output.answer(answer, [manifest.packageID])
        guard !output.json else { return }
        let files = "\(manifest.episodes.count) files, \(Figures.bytes(manifest.archive.size))"
        Console.note("packed \(files) into \(out); send it with `signalbox upload \(out) --wait`")
    }
}

import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox download`.
struct DownloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download",
        abstract: "Fetch a model, verify it and install it whole.",
        discussion: """
            The version's manifest must be signed by the key in SIGNALBOX_MODEL_PUBLIC_KEY, and every file must have \
            the size and the digest that it says. The folder appears at once when all of it is verified; the same \
            version installed before counts as installed.
            """
    )

    @Argument(help: "The model, with a version or the latest: NAME or NAME@vK.")
    var model: String

    @Option(help: "The folder to install as.")
    var out: String

    @Flag(help: "Replace other content of the folder.")
    var replace = false

    @Flag(inversion: .prefixedNo, help: "Show how far it is.")
    var progress = true

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (name, number) = try reference()
        let backend = try Backend()
        let key = try backend.settings.publicKey("SIGNALBOX_MODEL_PUBLIC_KEY")
        let registry = ModelRegistry(documents: try backend.documents(), clock: backend.clock)
        let version = try await registry.version(number, of: name)
        let bar = ProgressBar("downloading", isSilent: !progress)
        defer { bar.finish() }
        let installer = ModelInstaller(objects: try backend.objects(), key: key)
        let installation = try await installer.install(version, to: out, replaces: replace) { done, total in
            bar.update(done, of: total)
        }
        bar.finish()
        answer(installation, version)
    }

    private func reference() throws -> (name: String, version: Int?) {
        let parts = model.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard Slug.isWellFormed(parts[0]) else { throw ValidationError("\(model): wanted NAME or NAME@vK.") }
        guard parts.count == 2 else { return (String(parts[0]), nil) }
        guard parts[1].hasPrefix("v"), let number = Int(parts[1].dropFirst()), number > 0 else {
            throw ValidationError("\(model): wanted NAME or NAME@vK.")
        }
        return (String(parts[0]), number)
    }

    private func answer(_ installation: ModelInstallation, _ version: ModelRegistry.Version) {
        let manifest = installation.manifest
        let files = manifest.files.map { file -> JSON in
            [
                "path": .string("\(installation.folder)/\(file.path)"),
                "size": .integer(file.size),
                "sha256": .string(file.digest.hex),
            ]
        }
        let answer: JSON = [
            "name": .string(manifest.name),
            "version": .integer(Int64(manifest.version)),
            "job_id": .string(manifest.jobID),
            "package_id": .string(manifest.packageID),
            "uri": .string(version.uri),
            "folder": .string(installation.folder),
            "was_present": .bool(installation.wasPresent),
            "files": .array(files),
        ]
        let word = installation.wasPresent ? "installed before" : "installed"
        let lines = manifest.files.map { "\(installation.folder)/\($0.path)  \(Figures.bytes($0.size))" }
        output.answer(answer, ["\(word)  \(manifest.name) v\(manifest.version)"] + lines)
    }
}

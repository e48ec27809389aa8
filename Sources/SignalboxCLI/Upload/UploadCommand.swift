import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox upload`.
struct UploadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Send a package to staging, and wait for the answer if asked to.",
        discussion: """
            The archive goes first, then the manifest, each once: what is there already with the same bytes counts as \
            sent. An upload that breaks, or whose process is killed, goes on where it broke when the command is given \
            again. With --wait the signed receipt is verified and kept beside the package: only an accepted one makes \
            the robot's copy superfluous. Nothing is deleted unless --remove asks for it, and then only after that.
            """
    )

    @Argument(help: "The package's folder.")
    var package: String

    @Flag(help: "Wait for the receipt.")
    var wait = false

    @Flag(help: "Wait for the receipt, and delete archive and manifest here once an accepted one is verified.")
    var remove = false

    @Option(help: "Seconds to wait for the receipt.")
    var timeout = 600

    @Flag(help: "Compare the archive with its manifest before it is sent.")
    var check = false

    @Flag(inversion: .prefixedNo, help: "Show how far it is.")
    var progress = true

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard timeout > 0 else { throw ValidationError("--timeout: more than 0 seconds, please.") }
    }

    func run() async throws {
        let backend = try Backend()
        let layout = try backend.layout()
        // What would be missing at the end is asked for at the start.
        let key = wait || remove ? try backend.settings.publicKey("SIGNALBOX_RECEIPT_PUBLIC_KEY") : nil
        let folder = try PackageFolder(package)
        let lock = try FolderLock(package, busy: "another upload of \(package) is under way: wait for it")
        defer { withExtendedLifetime(lock) {} }
        let files = try folder.files()
        if check { try await compare(files[0], folder.manifest) }
        let location = folder.location(in: layout.stagingBucket)
        let uploader = PackageUploader(
            objects: try backend.objects(),
            endpoint: try UploadEndpoint(backend),
            context: backend.context,
            folder: package,
            showsProgress: progress
        )
        var sent: [PackageUploader.Sent] = []
        for file in files { sent.append(try await uploader.send(file, as: location.object(file.name))) }
        var answer = UploadAnswer(manifest: folder.manifest, archive: sent[0], envelope: sent[1])
        if let key {
            let wait = ReceiptWait(
                objects: try backend.objects(),
                key: key,
                clock: backend.clock,
                timeoutSeconds: timeout
            )
            if progress, !output.json { Console.note("waiting for the receipt …") }
            answer.receipt = try await wait.receipt(for: sent[0], sent[1], at: location, keptIn: package)
        }
        if let episodes = answer.receipt?.episodes, !output.json { Console.note(episodes) }
        if remove, answer.isAccepted { answer.copy = .removed(try await folder.remove(files)) }
        output.answer(answer.json, answer.lines)
        if !output.json { Console.note(answer.note) }
        if let code = answer.refusal { throw code }
    }

    private func compare(_ archive: LocalObject, _ manifest: Manifest) async throws {
        guard archive.size == manifest.archive.size, try await archive.sums().sha256 == manifest.archive.digest else {
            throw Refusal(.archiveDigest, "\(archive.path) is not the archive of its manifest: make the package again")
        }
    }
}

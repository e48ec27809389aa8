import ArgumentParser
import GoogleCloud
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
            again. With --api the package goes through the upload API, with the robot's key and no right of the \
            cloud's. With --wait the signed receipt is verified and kept beside the package: only an accepted one \
            makes the robot's copy superfluous. Nothing is deleted unless --remove asks for it, and then only after \
            that.
            """
    )

    @Argument(help: "The package's folder.")
    var package: String

    @Option(help: "The URL of the upload API; without it the package is written to the staging bucket itself.")
    var api: String?

    @Option(help: "The robot's private key (PEM), which signed the manifest; with --api.")
    var key: String?

    @Option(name: .customLong("key-id"), help: "The key's name in the keyring. [default: the manifest's signer]")
    var keyID: String?

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
        guard (api == nil) == (key == nil), api != nil || keyID == nil else {
            throw ValidationError("--api and --key go together: the robot's key signs the API's requests.")
        }
    }

    func run() async throws {
        let surroundings = try Surroundings.current()
        let backend = api == nil ? try Backend() : nil
        let settings = Settings(surroundings.environment, readFile: FileIO.read)
        // What would be missing at the end is asked for at the start.
        let receiptKey = wait || remove ? try settings.publicKey("SIGNALBOX_RECEIPT_PUBLIC_KEY") : nil
        let folder = try PackageFolder(package)
        let lock = try FolderLock(package, busy: "another upload of \(package) is under way: wait for it")
        defer { withExtendedLifetime(lock) {} }
        let files = try folder.files()
        if check { try await compare(files[0], folder.manifest) }
        var answer =
            if let backend {
                try await write(folder, files, backend, receiptKey)
            } else {
                try await announce(folder, files[0], receiptKey)
            }
        if let episodes = answer.receipt?.episodes, !output.json { Console.note(episodes) }
        if remove, answer.isAccepted {
            try answer.receipt?.check(isOf: folder.manifest)
            answer.copy = .removed(try await folder.remove(files))
        }
        output.answer(answer.json, answer.lines)
        if !output.json { Console.note(answer.note) }
        if let code = answer.refusal { throw code }
    }

    /// Writes both files to the staging bucket.
    private func write(
        _ folder: PackageFolder,
        _ files: [LocalObject],
        _ backend: Backend,
        _ receiptKey: Ed25519PublicKey?
    ) async throws -> UploadAnswer {
        let location = folder.location(in: try backend.layout().stagingBucket)
        let objects = try backend.objects()
        let uploader = PackageUploader(
            objects: objects,
            sessions: try backend.google.storage(backend.context),
            sender: SessionSender(context: backend.context, folder: package, showsProgress: progress)
        )
        var sent: [PackageUploader.Sent] = []
        for file in files { sent.append(try await uploader.send(file, as: location.object(file.name))) }
        var answer = UploadAnswer(manifest: folder.manifest, archive: sent[0], envelope: sent[1])
        if let receiptKey {
            answer.receipt = try await receipt(receiptKey, folder, answer, ReceiptWait.staged(in: objects))
        }
        return answer
    }

    /// Sends the package through the API.
    private func announce(
        _ folder: PackageFolder,
        _ archive: LocalObject,
        _ receiptKey: Ed25519PublicKey?
    ) async throws -> UploadAnswer {
        let context = ServiceContext(transport: HTTPClient())
        let api = try connect(folder, context)
        let uploader = APIUploader(
            api: api,
            sender: SessionSender(context: context, folder: package, showsProgress: progress)
        )
        let outcome = try await uploader.send(folder, archive)
        var answer = UploadAnswer(manifest: folder.manifest, archive: outcome.archive, envelope: outcome.manifest)
        guard let receiptKey else { return answer }
        if let bytes = outcome.receipt {
            let receipt = try Receipt(verifying: bytes, key: receiptKey)
            try receipt.check(isOf: folder.manifest)
            try FileIO.write(bytes, to: "\(package)/\(PackageLocation.receiptName)")
            answer.receipt = receipt
        } else {
            answer.receipt = try await receipt(receiptKey, folder, answer) { try await api.receipt(of: $0.packageID) }
        }
        return answer
    }

    private func connect(_ folder: PackageFolder, _ context: ServiceContext) throws -> UploadAPI {
        let pem = String(decoding: try FileIO.read(key ?? "", bytesMax: Settings.keyFileBytesMax), as: UTF8.self)
        let signer = HTTPRequestSigner(
            key: try Ed25519PrivateKey(pem: pem),
            keyID: try keyID ?? DSSEEnvelope(parsing: folder.envelope).signatures[0].keyID,
            clock: context.clock,
            random: context.random
        )
        return try UploadAPI(url: api ?? "", signer: signer, context: context)
    }

    private func receipt(
        _ key: Ed25519PublicKey,
        _ folder: PackageFolder,
        _ answer: UploadAnswer,
        _ fetch: @escaping @Sendable (PackageLocation) async throws -> [UInt8]?
    ) async throws -> Receipt {
        if progress, !output.json { Console.note("waiting for the receipt …") }
        let wait = ReceiptWait(fetch: fetch, key: key, clock: SystemClock(), timeoutSeconds: timeout)
        let location = PackageLocation(
            bucket: answer.archive.name.bucket,
            robotID: answer.manifest.robotID,
            packageID: answer.manifest.packageID
        )
        let expected = Receipt.Subject(
            archiveGeneration: answer.archive.generation,
            manifestGeneration: answer.envelope.generation,
            archiveDigest: folder.manifest.archive.digest,
            manifestDigest: SHA256.digest(of: folder.envelope)
        )
        return try await wait.receipt(for: expected, at: location, keptIn: package)
    }

    private func compare(_ archive: LocalObject, _ manifest: Manifest) async throws {
        guard archive.size == manifest.archive.size, try await archive.sums().sha256 == manifest.archive.digest else {
            throw Refusal(.archiveDigest, "\(archive.path) is not the archive of its manifest: make the package again")
        }
    }
}

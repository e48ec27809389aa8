import ArgumentParser
import Glibc
import SignalboxCore
import Wire

/// `signalbox verify PACKAGE`: what intake would say to a package, without sending it.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a package offline as the intake does: signature, manifest, every byte, the episodes.",
        discussion: """
            Nothing is asked but files. Where a receipt lies beside the package (`signalbox upload --wait` keeps it), \
            it must be signed by the intake and speak of this package.
            """
    )

    @Argument(help: "The package's folder, or its archive with the manifest beside it.")
    var package: String

    @OptionGroup var options: KeyringOptions

    @Option(help: "The intake's public key (PEM). [default: what SIGNALBOX_RECEIPT_PUBLIC_KEY names]")
    var receiptKey: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let clock = SystemClock()
        let start = clock.now()
        let environment = try Surroundings.current().environment
        let keyring = try keyring(environment, now: start)
        let folder = try folder()
        let envelope = try FileIO.read(
            "\(folder)/\(PackageLocation.manifestName)",
            bytesMax: Manifest.envelopeBytesMax
        )
        let signed = try ManifestVerifier(keyring: keyring).verify(envelope, now: start)
        let manifest = signed.manifest
        let archive = try FileStream(path: "\(folder)/\(manifest.archive.path)")
        let settings = Settings(environment, readFile: FileIO.read)
        let limits = try settings.archiveLimits()
        try await ArchiveVerifier.verify(archive, against: manifest, limits: limits)
        let verified = clock.now()
        let episodes = try await ArchiveVerifier.judgeEpisodes(
            try FileStream(path: "\(folder)/\(manifest.archive.path)"),
            of: manifest,
            limits: limits
        )
        let episodeSeconds = (clock.now() - verified) / .seconds(1)
        if !output.json || episodes.errorCount > 0 { Console.note(episodes) }
        if let refusal = episodes.refusal { throw refusal }
        let receipt = try ReceiptCheck(folder: folder, manifest: manifest, key: try receiptPublicKey(environment))
        let seconds = (clock.now() - start) / .seconds(1)
        let signers = signed.keyIDs.joined(separator: ", ")
        output.answer(
            [
                "package_id": .string(manifest.packageID),
                "robot_id": .string(manifest.robotID),
                "environment_id": .string(manifest.environmentID),
                "key_id": .string(signed.keyID),
                "key_ids": .array(signed.keyIDs.map(JSON.string)),
                "episode_findings": episodes.json,
                "archive_bytes": .integer(manifest.archive.size),
                "receipt": receipt.json,
                "seconds": .double(seconds),
                "episode_seconds": .double(episodeSeconds),
                "peak_resident_kilobytes": .integer(Self.peakKilobytes()),
            ],
            [
                "\(manifest.packageID) is whole: signed by \(signers), \(manifest.episodes.count) files verified",
                receipt.line,
            ]
        )
    }

    private func keyring(_ environment: Environment, now: Timestamp) throws -> Keyring {
        let trust = try options.readRoots(environment).map(KeyringTrust.roots) ?? .localFile
        let path = try options.path(environment)
        let trusted = try trust.read(FileIO.read(path, bytesMax: Keyring.fileBytesMax))
        try trusted.check(at: now)
        return trusted.keyring
    }

    /// The package's folder: the one given, or the one of the archive given.
    private func folder() throws -> String {
        guard PackageLocation.archiveNames.contains(where: { package.hasSuffix($0) }) else { return package }
        return package.lastIndex(of: "/").map { String(package[..<$0]) } ?? "."
    }

    private func receiptPublicKey(_ environment: Environment) throws -> Ed25519PublicKey? {
        guard let path = receiptKey ?? environment.text("SIGNALBOX_RECEIPT_PUBLIC_KEY") else { return nil }
        let bytes = try FileIO.read(path, bytesMax: Settings.keyFileBytesMax)
        return try Ed25519PublicKey(pem: String(decoding: bytes, as: UTF8.self))
    }

    private static func peakKilobytes() -> Int64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int64(usage.ru_maxrss)
    }
}

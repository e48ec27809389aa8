import ArgumentParser
import Glibc
import SignalboxCore
import Wire

/// `signalbox verify DIR`: what intake would say to a package, without sending it.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a package as the intake does: signature, manifest, every byte of the archive, the episodes."
    )

    @Argument(help: "The folder that `signalbox package` wrote.")
    var folder: String

    @Option(help: "The keyring of keys that may sign.")
    var keyring: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let clock = SystemClock()
        let start = clock.now()
        let keyring = try Keyring(parsing: FileIO.read(keyring, bytesMax: Keyring.fileBytesMax))
        let envelope = try FileIO.read(
            "\(folder)/\(PackageLocation.manifestName)",
            bytesMax: Manifest.envelopeBytesMax
        )
        let (manifest, keyID) = try ManifestVerifier(keyring: keyring).verify(envelope, now: start)
        let archive = try FileStream(path: "\(folder)/\(manifest.archive.path)")
        try await ArchiveVerifier.verify(archive, against: manifest)
        let episodes = try await ArchiveVerifier.judgeEpisodes(
            try FileStream(path: "\(folder)/\(manifest.archive.path)"),
            of: manifest
        )
        Console.note(episodes)
        if let refusal = episodes.refusal { throw refusal }
        let seconds = (clock.now() - start) / .seconds(1)
        output.answer(
            [
                "package_id": .string(manifest.packageID),
                "key_id": .string(keyID),
                "episode_findings": episodes.json,
                "archive_bytes": .integer(manifest.archive.size),
                "seconds": .double(seconds),
                "peak_resident_kilobytes": .integer(Self.peakKilobytes()),
            ],
            [
                "\(manifest.packageID) is whole: signed by \(keyID), \(manifest.episodes.count) files verified"
            ]
        )
    }

    private static func peakKilobytes() -> Int64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int64(usage.ru_maxrss)
    }
}

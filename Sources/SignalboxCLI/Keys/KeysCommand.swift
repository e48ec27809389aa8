import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make the keys that robots sign their packages with.",
        subcommands: [New.self]
    )

    /// `signalbox keys new`.
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an Ed25519 key and admit it to a keyring.",
            discussion: """
                Writes ID.pem (PKCS #8, readable by its owner alone) and ID.pub.pem, and adds the public key to the \
                keyring: for the environments named, from now on, for so many days. A key file that is there stays.
                """
        )

        @Option(help: "The key's name, 1 to 63 of a-z 0-9 . _ -")
        var id: String

        @Option(
            name: .customLong("environment"),
            parsing: .upToNextOption,
            help: "Environments it may sign for; * for all."
        )
        var environments: [String]

        @Option(help: "Days until it may sign no more.")
        var days = 365

        @Option(help: "The folder for the key's files.")
        var out: String

        @Option(help: "The keyring's file, made where it is missing. [default: what SIGNALBOX_KEYRING names]")
        var keyring: String?

        @OptionGroup var output: OutputOptions

        static let daysMax = 3650

        func validate() throws {
            guard Slug.isWellFormed(id) else { throw ValidationError("--id: 1 to 63 of a-z 0-9 . _ -, please.") }
            for environment in environments where environment != Keyring.anyEnvironment {
                guard Slug.isWellFormed(environment) else {
                    throw ValidationError("--environment: \(environment) is not 1 to 63 of a-z 0-9 . _ - and not *.")
                }
            }
            guard !environments.isEmpty else { throw ValidationError("--environment: name one or more, or *.") }
            guard (1...Self.daysMax).contains(days) else {
                throw ValidationError("--days: 1 to \(Self.daysMax), please.")
            }
        }

        func run() throws {
            let surroundings = try Surroundings.current()
            let path = try keyring ?? surroundings.environment.required("SIGNALBOX_KEYRING")
            let files = KeyFiles(folder: out, name: id)
            let key = try Ed25519PrivateKey(random: SystemRandomSource())
            let now = SystemClock().now().truncatedToMicroseconds
            let entry = Keyring.Key(
                keyID: id,
                publicKey: key.publicKey.bytes,
                environments: Set(environments),
                notBefore: now,
                notAfter: now + .seconds(days * 86_400)
            )
            try Paths.makeFolder(out, permissions: 0o700)
            try KeyringFile(path: path).add(entry) { try files.write(key) }
            let answer: JSON = [
                "key_id": .string(id),
                "private_key": .string(files.privatePath),
                "public_key": .string(files.publicPath),
                "keyring": .string(path),
                "environments": .array(entry.environments.sorted().map(JSON.string)),
                "not_before": .string(entry.notBefore.description),
                "not_after": .string(entry.notAfter.description),
            ]
            output.answer(
                answer,
                [
                    "key      \(files.privatePath) (keep it secret)",
                    "public   \(files.publicPath)",
                    "keyring  \(path): \(id) for \(entry.environments.sorted().joined(separator: ", "))"
                        + " until \(entry.notAfter)",
                ]
            )
        }
    }
}

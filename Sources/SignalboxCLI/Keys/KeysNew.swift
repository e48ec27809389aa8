import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox keys new`.
struct KeysNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make an Ed25519 key and admit it to the keyring, or a root key that signs keyrings.",
        discussion: """
            Writes ID.pem (PKCS #8, readable by its owner alone) and ID.pub.pem. A robot's key is added to the \
            keyring: for the environments and robots named, from now on, for so many days. With --root the public \
            key is added to the file of roots instead. A key file that is there stays.
            """
    )

    @Option(help: "The key's name, 1 to 63 of a-z 0-9 . _ -")
    var id: String

    @Option(
        name: .customLong("environment"),
        parsing: .upToNextOption,
        help: "Environments it may sign for; * for all."
    )
    var environments: [String] = []

    @Option(
        name: .customLong("robot"),
        parsing: .upToNextOption,
        help: "Robots whose packages it may sign. [default: any]"
    )
    var robots: [String] = []

    @Option(help: "Days until it may sign no more. [default: 365]")
    var days: Int?

    @Option(help: "The folder for the key's files.")
    var out: String

    @Flag(help: "Make a root key: it signs keyrings, and no package.")
    var root = false

    @Option(help: "With --root: how many distinct root keys must sign. [default: as it is, 1 in a new file]")
    var threshold: Int?

    @OptionGroup var options: KeyringOptions

    @OptionGroup var signing: SigningOptions

    @OptionGroup var output: OutputOptions

    static let daysMax = 3650
    static let daysStandard = 365

    func validate() throws {
        guard Slug.isWellFormed(id) else { throw ValidationError("--id: 1 to 63 of a-z 0-9 . _ -, please.") }
        if root {
            guard environments.isEmpty, robots.isEmpty, days == nil else {
                throw ValidationError("--environment, --robot and --days are a robot key's: a root key has none.")
            }
            return
        }
        guard threshold == nil else { throw ValidationError("--threshold goes with --root.") }
        for environment in environments where environment != Keyring.anyEnvironment {
            guard Slug.isWellFormed(environment) else {
                throw ValidationError("--environment: \(environment) is not 1 to 63 of a-z 0-9 . _ - and not *.")
            }
        }
        for robot in robots where robot != Keyring.anyRobot {
            guard Slug.isWellFormed(robot) else {
                throw ValidationError("--robot: \(robot) is not 1 to 63 of a-z 0-9 . _ - and not *.")
            }
        }
        guard !environments.isEmpty else { throw ValidationError("--environment: name one or more, or *.") }
        guard days.map({ (1...Self.daysMax).contains($0) }) ?? true else {
            throw ValidationError("--days: 1 to \(Self.daysMax), please.")
        }
    }

    func run() throws {
        let environment = try Surroundings.current().environment
        let files = KeyFiles(folder: out, name: id)
        let key = try Ed25519PrivateKey(random: SystemRandomSource())
        try Paths.makeFolder(out, permissions: 0o700)
        if root {
            try makeRoot(key, files, environment)
        } else {
            try makeRobotKey(key, files, environment)
        }
    }

    private func makeRobotKey(_ key: Ed25519PrivateKey, _ files: KeyFiles, _ environment: Environment) throws {
        let now = SystemClock().now().truncatedToMicroseconds
        let entry = Keyring.Key(
            keyID: id,
            publicKey: key.publicKey.bytes,
            environments: Set(environments),
            robots: robots.isEmpty ? [Keyring.anyRobot] : Set(robots),
            notBefore: now,
            notAfter: now + .seconds((days ?? Self.daysStandard) * 86_400)
        )
        let change = try KeyringFile(options, signing, environment).change(expiry: signing.expiry(now)) { keyring in
            try keyring.admit(entry)
        } after: {
            try files.write(key)
        }
        output.answer(
            .object(change.members.merging(files.members) { $1 }.merging(KeyView(entry, now: now).members) { $1 }),
            files.lines + ["keyring  \(change.line)", "         \(KeyView(entry, now: now).line)"]
        )
    }

    private func makeRoot(_ key: Ed25519PrivateKey, _ files: KeyFiles, _ environment: Environment) throws {
        guard let path = options.roots ?? environment.text("SIGNALBOX_KEYRING_ROOTS") else {
            throw ConfigurationError("SIGNALBOX_KEYRING_ROOTS", "is not set: name the file of roots with --roots")
        }
        let roots = try RootsFile(path: path).add(key.publicKey, as: id, threshold: threshold) { try files.write(key) }
        let answer: [String: JSON] = [
            "key_id": .string(id), "roots": .string(path), "threshold": .integer(Int64(roots.threshold)),
            "root_keys": .array(roots.keys.keys.sorted().map(JSON.string)),
        ]
        output.answer(
            .object(answer.merging(files.members) { $1 }),
            files.lines + ["roots    \(path): \(roots.threshold) of \(roots.keys.count) must sign"]
        )
    }
}

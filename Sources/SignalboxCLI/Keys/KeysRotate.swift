import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox keys rotate`.
struct KeysRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make the key that follows another one, and end that one after an overlap.",
        discussion: """
            The new key is for the same environments and robots and counts from now on; until the overlap is over \
            both may sign, so no package is refused while the robot changes keys. Give the robot the new key before \
            that.
            """
    )

    @Option(help: "The key that is to end.")
    var id: String

    @Option(help: "The name of the key that follows.")
    var newID: String

    @Option(help: "The folder for the new key's files.")
    var out: String

    @Option(help: "Days for which the old key may still sign.")
    var overlapDays = 7

    @Option(help: "Days until the new key may sign no more.")
    var days = KeysNew.daysStandard

    @OptionGroup var options: KeyringOptions

    @OptionGroup var signing: SigningOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard Slug.isWellFormed(newID) else { throw ValidationError("--new-id: 1 to 63 of a-z 0-9 . _ -, please.") }
        guard (1...KeysNew.daysMax).contains(days) else {
            throw ValidationError("--days: 1 to \(KeysNew.daysMax), please.")
        }
        guard (0...days).contains(overlapDays) else {
            throw ValidationError("--overlap-days: 0 to the \(days) days of the new key, please.")
        }
    }

    func run() throws {
        let environment = try Surroundings.current().environment
        let now = SystemClock().now().truncatedToMicroseconds
        let end = now + .seconds(overlapDays * 86_400)
        let files = KeyFiles(folder: out, name: newID)
        let key = try Ed25519PrivateKey(random: SystemRandomSource())
        let successor = Keyring.Key(
            keyID: newID,
            publicKey: key.publicKey.bytes,
            environments: [],
            notBefore: now,
            notAfter: now + .seconds(days * 86_400)
        )
        try Paths.makeFolder(out, permissions: 0o700)
        let change = try KeyringFile(options, signing, environment).change(expiry: signing.expiry(now)) { keyring in
            try keyring.rotate(id, to: successor, overlappingUntil: end, now: now)
        } after: {
            try files.write(key)
        }
        let views = [newID, id].compactMap { change.keyring.keys[$0] }.map { KeyView($0, now: now) }
        let answer: [String: JSON] = [
            "key": views.first.map { .object($0.members) } ?? .null,
            "ends": views.last.map { .object($0.members) } ?? .null,
        ]
        output.answer(
            .object(change.members.merging(files.members) { $1 }.merging(answer) { $1 }),
            files.lines + ["keyring  \(change.line)"] + views.map { "         \($0.line)" }
        )
    }
}

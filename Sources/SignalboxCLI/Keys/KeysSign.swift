import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox keys sign`.
struct KeysSign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Add root keys' signatures to a keyring that waits for them.",
        discussion: """
            Signs the draft beside the keyring, or the keyring itself where nobody has signed it yet. With the last \
            signature that is needed the draft takes the keyring's place. A draft may be carried to a machine without \
            a network, signed there (--keyring FILE.draft), and carried back. What is to be signed is listed first, \
            and how it differs from the keyring in its place: look at both, and answer.
            """
    )

    @Flag(help: "Sign without a question: whoever calls has looked.")
    var yes = false

    @OptionGroup var options: KeyringOptions

    @OptionGroup var signing: SigningOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let environment = try Surroundings.current().environment
        let now = SystemClock().now().truncatedToMicroseconds
        let file = try KeyringFile(options, signing, environment)
        let change = try file.sign(expiry: signing.expiry(now)) { keyring, present in
            try confirm(keyring, present, now)
        }
        let keys = KeyView.all(change.keyring, now: now).map { JSON.object($0.members) }
        output.answer(
            .object(change.members.merging(["keys": .array(keys)]) { $1 }),
            ["signed  \(change.line)"]
        )
    }

    /// Shows what is to be signed, and has it confirmed.
    ///
    /// - Throws: ``CommandError`` `not_confirmed`.
    private func confirm(_ keyring: Keyring, _ present: Keyring?, _ now: Timestamp) throws {
        let changes = KeyringDifference(keyring, from: present).lines
        for line in KeyView.table(keyring, now: now) { Console.note(line) }
        for line in changes.isEmpty ? ["no change: the keyring in its place gets signatures"] : changes {
            Console.note(line)
        }
        guard !yes else { return }
        guard Console.isInputInteractive else {
            throw CommandError(.notConfirmed, "nobody can be asked here: look at what is to be signed, and add --yes")
        }
        guard Console.confirms("Sign this keyring?") else {
            throw CommandError(.notConfirmed, "nothing was signed")
        }
    }
}

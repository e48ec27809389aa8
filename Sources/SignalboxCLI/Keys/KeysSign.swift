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
            a network, signed there (--keyring FILE.draft), and carried back. What is signed is listed: look at it.
            """
    )

    @OptionGroup var options: KeyringOptions

    @OptionGroup var signing: SigningOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let environment = try Surroundings.current().environment
        let now = SystemClock().now().truncatedToMicroseconds
        let change = try KeyringFile(options, signing, environment).sign(expiry: signing.expiry(now))
        let keys = KeyView.all(change.keyring, now: now).map { JSON.object($0.members) }
        output.answer(
            .object(change.members.merging(["keys": .array(keys)]) { $1 }),
            ["signed  \(change.line)"] + KeyView.table(change.keyring, now: now)
        )
    }
}

import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox keys revoke`.
struct KeysRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a key at once: nothing it ever signed is accepted afterwards.",
        discussion: """
            It takes effect where the keyring is read when the cached one is too old (SIGNALBOX_KEYRING_SECONDS_MAX, \
            60 s unless set). What was accepted before stays accepted.
            """
    )

    @Option(help: "The key that is to end.")
    var id: String

    @OptionGroup var options: KeyringOptions

    @OptionGroup var signing: SigningOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let environment = try Surroundings.current().environment
        let now = SystemClock().now().truncatedToMicroseconds
        let change = try KeyringFile(options, signing, environment).change(expiry: signing.expiry(now)) { keyring in
            try keyring.revoke(id, at: now)
        }
        var members = change.members
        if let key = change.keyring.keys[id] { members.merge(KeyView(key, now: now).members) { $1 } }
        output.answer(.object(members), ["revoked  \(id)", "keyring  \(change.line)"])
    }
}

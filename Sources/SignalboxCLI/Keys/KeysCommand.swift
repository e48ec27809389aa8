import ArgumentParser

/// `signalbox keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list, rotate and revoke the keys that robots sign their packages with.",
        discussion: """
            The keyring says which keys count. Where root keys are configured (SIGNALBOX_KEYRING_ROOTS), every change \
            is signed by them; one with too few signatures becomes a draft that `signalbox keys sign` adds them to. \
            docs/keys.md is the guide.
            """,
        subcommands: [
            KeysNew.self, KeysList.self, KeysRotate.self, KeysRevoke.self, KeysSign.self,
        ]
    )
}

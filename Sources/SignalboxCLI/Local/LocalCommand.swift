import ArgumentParser
import Wire

/// `signalbox local`.
struct LocalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "local",
        abstract: "Run the whole of it on this machine: storage, documents, events, cron, functions, trainers.",
        subcommands: [LocalUp.self, LocalDown.self, LocalStatus.self, LocalEnv.self]
    )
}

/// Which local cloud a command means.
struct LocalOptions: ParsableArguments {
    @Option(help: "The local cloud's folder. [default: SIGNALBOX_STATE, else .signalbox]")
    var state: String?

    /// The folder.
    var folder: String {
        let named = ProcessEnvironment.current()[Surroundings.stateVariable].flatMap { $0.isEmpty ? nil : $0 }
        return state ?? named ?? Surroundings.standardState
    }
}

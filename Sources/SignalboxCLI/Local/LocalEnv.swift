import ArgumentParser
import Wire

/// `signalbox local env`.
struct LocalEnv: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env",
        abstract: "Print a local cloud's variables for a shell: eval \"$(signalbox local env)\"."
    )

    @OptionGroup var local: LocalOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        guard let state = try LocalState.read(folder: local.folder) else {
            throw CommandError(.notFound, "no local cloud runs in \(local.folder): start one with `signalbox local up`")
        }
        let variables = state.environment.sorted { $0.key < $1.key }
        let lines = variables.map { "export \($0.key)=\(ShellText.quoted($0.value))" }
        output.answer(.object(state.environment.mapValues(JSON.string)), lines)
    }
}

import ArgumentParser
import Wire

/// `signalbox local status`.
struct LocalStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell whether a local cloud runs, and where.",
        discussion: "The exit code is 1 where none runs."
    )

    @OptionGroup var local: LocalOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        guard let state = try LocalState.read(folder: local.folder), state.process.isAlive else {
            throw CommandError(.notFound, "no local cloud runs in \(local.folder): start one with `signalbox local up`")
        }
        var table = Table("SERVICE", "PROCESS", "URL", "LOG")
        table.add("storage, documents", "\(state.process.pid)", state.url, "\(state.folder)/logs/local-cloud.log")
        for function in state.functions {
            let process = function.process.flatMap { $0.isAlive ? "\($0.pid)" : nil } ?? "starting"
            table.add(function.name, process, function.url, function.log)
        }
        output.answer(state.json, table.lines)
    }
}

import ArgumentParser
import Glibc

/// The program `signalbox`.
@main
struct Signalbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signalbox",
        abstract: "Signed robot episodes in, trained and registered models out.",
        discussion: """
            Settings come from the environment (docs/configuration.md) or, where it names no cloud, from the local \
            cloud that `signalbox local up` runs in ./.signalbox.

            Data goes to standard output, messages to standard error. Exit codes: 0 done; 1 failed or refused; \
            64 wrong usage; 69 a service cannot be reached; 75 try again later; 77 not permitted; 78 a setting is \
            missing or malformed.
            """,
        subcommands: [
            KeysCommand.self, PackageCommand.self, VerifyCommand.self, UploadCommand.self, ReceiptsCommand.self,
            StatusCommand.self, WhyCommand.self, JobsCommand.self, LogsCommand.self, ModelsCommand.self,
            DownloadCommand.self, PruneCommand.self, LocalCommand.self, SimulateCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // What the parser throws knows its own text and exit code: help, usage, validation.
            guard let failure = CommandError(error) else { exit(withError: error) }
            Console.report(failure, asJSON: CommandLine.arguments.contains("--json"))
            Glibc.exit(failure.status.rawValue)
        }
    }
}

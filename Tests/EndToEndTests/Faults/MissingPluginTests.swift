import Glibc
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// A trainer's machine on which nobody has installed a plugin.
    @Suite struct MissingPluginTests {
        @Test(
            "A job says what its trainer lacks, and how to get it",
            arguments: [
                ("SIGNALBOX_PJRT_PLUGIN", "plugin_missing", "deploy/local/fetch-plugin.sh"),
                ("SIGNALBOX_PROGRAMS", "programs_missing", "Sources/Training/Programs"),
            ]
        )
        func saysSo(variable: String, code: String, advice: String) async throws {
            try await WorkFolder.with { work in
                let script = """
                    #!/bin/sh
                    unset \(variable)
                    exec '\(try Repository.program("trainer"))' "$@"
                    """
                let program = work / "trainer-without"
                try FileIO.write(Array(script.utf8), to: program, permissions: 0o755)
                var settings = LocalStack.shortLeases
                settings["SIGNALBOX_TRAINER"] = program
                try await LocalStack.with(settings: settings) { stack in
                    let id = try await stack.upload(try await stack.package(of: "robot-1", 24, []))
                    let job = try await stack.finished(id)
                    #expect(job.phase == .failed)
                    let failure = try #require(job.failure)
                    #expect(failure.code == .engineFailed)
                    #expect(failure.message.contains("\(code): \(variable) is not set"), "\(failure.message)")
                    #expect(failure.message.contains(advice), "\(failure.message)")
                }
            }
        }
    }
}

import Glibc
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("What the command of a killed attempt has left", .timeLimit(.minutes(10))) struct CommandStraysTests {
    /// Starts a process in a session of its own, as a command might have that wrote to this folder.
    private func stray(of output: String, _ work: TemporaryFolder, _ name: String) async throws -> ProcessIdentity {
        let note = "\(work.path)/\(name)"
        let script = "echo $$ >'\(note).draft'; mv '\(note).draft' '\(note)'; exec sleep 600"
        let starting = try SpawnedProcess(
            ["/usr/bin/setsid", "--fork", "/bin/sh", "-c", script],
            environment: ["SIGNALBOX_OUTPUT": output, "PATH": "/usr/bin:/bin"]
        )
        #expect(await starting.wait() == .exit(0))
        for _ in 0..<6_000 where access(note, F_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
        let pid = try #require(Int32(String(decoding: try FileIO.read(note, bytesMax: 100), as: UTF8.self).trimmed))
        return try #require(ProcessIdentity(pid: pid))
    }

    @Test("ends when the job's next attempt begins, and nothing of another job does")
    func killed() async throws {
        let world = try await TrainerWorld(JobConfig(modelType: JobConfig.commandType, arguments: []))
        let (work, notes) = (try TemporaryFolder(), try TemporaryFolder())
        let folder = "\(work.path)/signalbox-\(world.jobID)-1-runner-0"
        let own = try await stray(of: "\(folder)/output", notes, "own")
        let other = try await stray(of: "\(work.path)/signalbox-job-other-1-runner-0/output", notes, "other")
        defer { for process in [own, other] { process.signal(SIGKILL) } }
        try await world.giveUp()
        try await world.launch()
        let settings = CommandSettings(
            command: ["/bin/sh", "-c", "echo weights >\"$SIGNALBOX_OUTPUT/model.bin\""],
            graceSeconds: 12,
            workFolder: work.path,
            inherited: ["PATH": "/usr/bin:/bin"]
        )
        guard case .completed = try await world.run(command: settings) else {
            Issue.record("it did not complete")
            return
        }
        for _ in 0..<6_000 where own.isAlive { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!own.isAlive && other.isAlive)
        let told = try await world.log(attempt: 2).filter { $0.contains("processes of an earlier attempt") }
        #expect(told == ["processes of an earlier attempt still ran and were killed: 1"])
    }
}

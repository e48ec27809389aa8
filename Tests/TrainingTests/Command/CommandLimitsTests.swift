import SignalboxCore
import SignalboxTesting
import Testing

@testable import Training

@Suite("The time that a command's run leaves for its end") struct CommandLimitsTests {
    private func settings(graceSeconds: Int, _ work: TemporaryFolder) -> CommandSettings {
        CommandSettings(
            command: ["/bin/sh", "-c", "echo weights >\"$SIGNALBOX_OUTPUT/model.bin\""],
            graceSeconds: graceSeconds,
            workFolder: work.path,
            inherited: ["PATH": "/usr/bin:/bin"]
        )
    }

    struct Row: Sendable {
        /// Nil for an engine's.
        var graceSeconds: Int?
        let sessionSecondsMax: Int
        let marginSeconds: Int
        var isRefused = false
    }

    @Test(
        "is its grace and the upload at least, and never all of it",
        arguments: [
            Row(sessionSecondsMax: 60, marginSeconds: 6), Row(sessionSecondsMax: 36_000, marginSeconds: 60),
            Row(graceSeconds: 12, sessionSecondsMax: 60, marginSeconds: 42),
            Row(graceSeconds: 12, sessionSecondsMax: 36_000, marginSeconds: 60),
            Row(graceSeconds: 100, sessionSecondsMax: 36_000, marginSeconds: 130),
            Row(graceSeconds: 29, sessionSecondsMax: 60, marginSeconds: 59),
            Row(graceSeconds: 30, sessionSecondsMax: 60, marginSeconds: 60, isRefused: true),
            Row(graceSeconds: 3600, sessionSecondsMax: 3600, marginSeconds: 3630, isRefused: true),
        ]
    )
    func margin(row: Row) async throws {
        let config = JobConfig(modelType: row.graceSeconds == nil ? "wavecore" : JobConfig.commandType)
        let world = try await TrainerWorld(config)
        var surroundings = world.surroundings()
        surroundings.sessionSecondsMax = row.sessionSecondsMax
        let settings = settings(graceSeconds: row.graceSeconds ?? 12, try TemporaryFolder())
        surroundings.command = settings
        let spec = JobSpec(job: try await world.job())
        let run = JobRun(spec: spec, surroundings: surroundings) { _ in throw TrainingError(.pluginMissing, "none") }
        #expect(run.marginSeconds == row.marginSeconds)
        var refused: TrainingError.Code?
        do throws(TrainingError) { try run.checkTimeForCommand() } catch { refused = error.code }
        #expect(refused == (row.isRefused ? .limitTooShort : nil))
    }

    @Test("fails the job where there is none left, and says what to do")
    func tooShort() async throws {
        let world = try await TrainerWorld(JobConfig(modelType: JobConfig.commandType, arguments: []))
        let command = settings(graceSeconds: 600, try TemporaryFolder())
        guard case .failed(let failure) = try await world.run(sessionSecondsMax: 600, command: command) else {
            Issue.record("it did not fail")
            return
        }
        #expect(failure.code == .configInvalid && failure.message.hasPrefix("limit_too_short: "))
        for part in ["600 s", "SIGNALBOX_COMMAND_GRACE_SECONDS", "SIGNALBOX_SESSION_LIMIT"] {
            #expect(failure.message.contains(part), "\(failure.message)")
        }
    }

    @Test("is as long as its grace and the upload before the session is over", arguments: [(17, false), (18, true)])
    func stops(seconds: Int, isStopped: Bool) async throws {
        let world = try await TrainerWorld(JobConfig(modelType: JobConfig.commandType, arguments: []))
        var surroundings = world.surroundings()
        surroundings.sessionSecondsMax = 60
        surroundings.command = settings(graceSeconds: 12, try TemporaryFolder())
        surroundings.startedAt = world.clock.now()
        let spec = JobSpec(job: try await world.job())
        let run = JobRun(spec: spec, surroundings: surroundings) { _ in throw TrainingError(.pluginMissing, "none") }
        world.clock.advance(by: .seconds(seconds))
        let stop = StopSignal()
        let waiting = Task { await run.requestStopInTime(stop) }
        for _ in 0..<6_000 where stop.cause == nil && world.clock.sleeperCount == 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(stop.cause == (isStopped ? .sessionLimit : nil))
        waiting.cancel()
        await waiting.value
    }
}

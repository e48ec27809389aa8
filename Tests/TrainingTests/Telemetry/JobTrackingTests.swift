import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("What trackers are told of a job's end") struct JobTrackingTests {
    @Test("that it failed, where it did before its first step")
    func failedWhileLoading() async throws {
        let world = try await TrainerWorld()
        let tracker = ScriptedTracker()
        let ending = try await world.run(
            makeEngine: { _ in throw TrainingError(.pluginMissing, "no such file") },
            telemetry: Telemetry(trackers: [tracker])
        )
        guard case .failed = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(await tracker.runs.map(\.jobID) == [world.jobID])
        #expect(await tracker.ending == .failed)
        #expect(await tracker.points.isEmpty)
    }

    @Test(
        "what the document says, where somebody else has ended it",
        arguments: [(Job.Phase.failed, RunStatus.failed), (.completed, nil)] as [(Job.Phase, RunStatus?)]
    )
    func ended(phase: Job.Phase, status: RunStatus?) async throws {
        let world = try await TrainerWorld(JobRunTests.endless)
        let tracker = ScriptedTracker()
        let engine = JobRunTests.slowEngine { step in
            guard step == 20 else { return }
            Task {
                try await world.change { job in
                    job.phase = phase
                    job.failure = phase == .failed ? Job.Failure(.cancelled, "somebody asked for it") : nil
                }
            }
        }
        let ending = try await world.run(engine: engine, telemetry: Telemetry(trackers: [tracker]))
        guard case .fenced(.terminal) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(await tracker.ending == status)
    }

    @Test("that it failed, where it stopped because its job is cancelled")
    func cancelled() async throws {
        let world = try await TrainerWorld(JobRunTests.endless)
        let tracker = ScriptedTracker()
        let engine = JobRunTests.slowEngine { step in
            guard step == 20 else { return }
            Task { try await world.cancel() }
        }
        let ending = try await world.run(engine: engine, telemetry: Telemetry(trackers: [tracker]))
        guard case .preempted(.requested, _) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(await tracker.ending == .failed)
    }

    @Test("nothing, where another attempt will tell")
    func statuses() {
        #expect(RunStatus(JobRun.Ending.fenced(.failed)) == .failed)
        #expect(RunStatus(JobRun.Ending.fenced(.attemptTaken)) == nil)
        #expect(RunStatus(JobRun.Ending.fenced(.attemptGivenUp)) == nil)
    }
}

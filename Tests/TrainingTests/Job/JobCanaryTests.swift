import Foundation
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("The canary of a run", .serialized) struct JobCanaryTests {
    /// What trains.
    enum Engine: String, Sendable, CaseIterable {
        case xla, command

        var config: JobConfig {
            self == .command
                ? JobConfig(modelType: JobConfig.commandType, arguments: [])
                : JobConfig(epochs: 3, batchSize: 2, checkpointEverySteps: 5)
        }
    }

    /// A store from which the canary's state comes back otherwise than it was written.
    private func damaging(_ world: TrainerWorld) -> ObservedObjectStore {
        ObservedObjectStore(
            world.objects,
            alter: { object, body in
                guard object.name.contains("/canary-"), !object.name.hasSuffix(".json"),
                    let bytes = try? await body.collect(bytesMax: 1 << 30)
                else { return body }
                return BytesStream(Array(bytes.dropLast()) + [~(bytes.last ?? 0)])
            }
        )
    }

    private func settings(_ work: TemporaryFolder, _ script: String) -> CommandSettings {
        CommandSettings(
            command: ["/bin/sh", "-c", script],
            graceSeconds: 30,
            workFolder: work.path,
            inherited: ["PATH": "/usr/bin:/bin"]
        )
    }

    @Test("keeps a job from machines that may be taken back where it does not restore", arguments: Engine.allCases)
    func fails(engine: Engine) async throws {
        let world = try await TrainerWorld(engine.config, ladder: TrainerWorld.spotLadder)
        let work = try TemporaryFolder()
        let command = settings(work, "echo >'\(work.path)/started'")
        let counting = CountingEngine()
        #expect(try await world.job().placement?.place.provisioning == .spot)
        let ending = try await world.run(engine: counting, command: command, objects: damaging(world))
        guard case .fenced(.attemptGivenUp) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(await counting.partCounts.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty)
        let job = try await world.job()
        #expect(job.recoveries.map(\.cause) == [.canaryFailed] && job.canaryPassed == false)
        try await world.launch()
        #expect(try await world.job().placement?.place.provisioning == .onDemand)
    }

    @Test("fails a job that has no attempt left, with the last lines of the trainer's log")
    func lastAttempt() async throws {
        let policy = JobPolicy(attemptsMax: 1)
        let world = try await TrainerWorld(Engine.xla.config, ladder: TrainerWorld.spotLadder, policy: policy)
        let ending = try await world.run(objects: damaging(world))
        guard case .fenced(.failed) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let failure = try #require(try await world.job().failure)
        #expect(failure.code == .attemptsExhausted)
        #expect(failure.message.hasSuffix("\nERROR canary: the checkpoint does not restore"), "\(failure.message)")
    }

    @Test("is tried before each attempt on such a machine, whatever the last one showed")
    func again() async throws {
        let world = try await TrainerWorld(Engine.xla.config, ladder: TrainerWorld.spotLadder)
        let stop = StopSignal()
        _ = try await world.run(engine: CountingEngine(stopping: stop, at: 7), stop: stop)
        #expect(try await world.job().canaryPassed == true)
        #expect(try await world.log(attempt: 1).contains("canary: the checkpoint restores"))
        try await world.launch()
        try #require(try await world.job().placement?.place.provisioning == .spot)
        let ending = try await world.run(runner: "runner-2", objects: damaging(world))
        guard case .fenced(.attemptGivenUp) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await world.job().recoveries.map(\.cause) == [.preempted, .canaryFailed])
    }

    @Test("lets a command begin where files come back as they were packed, and leaves nothing")
    func command() async throws {
        let world = try await TrainerWorld(Engine.command.config, ladder: TrainerWorld.spotLadder)
        let work = try TemporaryFolder()
        let ending = try await world.run(command: settings(work, "echo weights >\"$SIGNALBOX_OUTPUT/model.bin\""))
        guard case .completed = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await world.job().canaryPassed == true)
        #expect(try await world.log(attempt: 1).contains("canary: the checkpoint restores"))
        #expect(try await world.checkpoints().isEmpty)
    }

    @Test("writes beside its attempt's spec, where the sweep removes what a killed trainer leaves")
    func place() async throws {
        let world = try await TrainerWorld(Engine.xla.config, ladder: TrainerWorld.spotLadder)
        let written = Mutex<[String]>([])
        let observed = ObservedObjectStore(
            world.objects,
            alter: { object, body in
                if object.name.contains("/canary-") { written.withLock { $0.append(object.name) } }
                return body
            }
        )
        _ = try await world.run(engine: CountingEngine(), objects: observed)
        let names = written.withLock { Set($0) }
        #expect(names.count == 2)
        let folder = TrainerWorld.layout.jobs + world.jobID + "/attempt-1/"
        #expect(names.allSatisfy { $0.hasPrefix(folder) && !$0.dropFirst(folder.count).contains("/") })
        #expect(try await world.checkpoints().allSatisfy { !$0.contains("canary") })
    }

    @Test("is not tried where nobody takes the machine back")
    func onDemand() async throws {
        let world = try await TrainerWorld()
        guard case .completed = try await world.run(objects: damaging(world)) else {
            Issue.record("it did not complete")
            return
        }
        #expect(try await world.job().canaryPassed == nil)
    }
}

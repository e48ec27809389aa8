import Foundation
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("Before its first step a run") struct JobPreparationTests {
    private static let command = JobConfig(modelType: JobConfig.commandType, arguments: [])

    /// What it is doing when it is to end.
    enum Moment: String, Sendable, CaseIterable {
        case engine, dataset, checkpoints, canary

        /// Whether a call of the store is this one.
        func isReached(by call: ObservedObjectStore.Call) -> Bool {
            switch (self, call) {
            case (.dataset, .read(let object)): object.name.hasSuffix("/archive.zip")
            case (.checkpoints, .list(let prefix)): prefix.hasPrefix("checkpoints/")
            case (.canary, .write(let object)): object.name.contains("/canary-")
            default: false
            }
        }
    }

    /// A store in which a call hangs the first time that a moment is reached.
    private func store(
        _ world: TrainerWorld,
        hangingAt moment: Moment,
        _ happen: @escaping @Sendable () -> Void
    ) -> ObservedObjectStore {
        let isReached = Mutex(false)
        return ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard moment.isReached(by: call) else { return }
                let isFirst = isReached.withLock { isReached in
                    defer { isReached = true }
                    return !isReached
                }
                guard isFirst else { return }
                happen()
                try await ObservedObjectStore.hang()
            }
        )
    }

    /// - Parameter happen: what makes it end.
    private func run(
        _ world: TrainerWorld,
        _ moment: Moment,
        _ engine: CountingEngine = CountingEngine(),
        command: CommandSettings? = nil,
        stop: StopSignal = StopSignal(),
        runner: String = "runner-1",
        happen: @escaping @Sendable () -> Void
    ) async throws -> JobRun.Ending {
        try await world.run(
            command: command,
            runner: runner,
            makeEngine: { _ in
                if moment == .engine {
                    happen()
                    try await ObservedObjectStore.hang()
                }
                return (engine, try ProgramBundle(folder: Repository.programs))
            },
            objects: store(world, hangingAt: moment, happen),
            stop: stop
        )
    }

    @Test("ends at once when its machine is taken back", arguments: Moment.allCases)
    func stopped(moment: Moment) async throws {
        let world = try await TrainerWorld(ladder: TrainerWorld.spotLadder)
        let (stop, engine) = (StopSignal(), CountingEngine())
        let ending = try await run(world, moment, engine, stop: stop) { stop.request(.machineReclaimed) }
        guard case .preempted(.machineReclaimed, nil) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(await engine.partCounts.isEmpty)
        let job = try await world.job()
        #expect(job.phase == .pending && job.recoveries.map(\.cause) == [.preempted])
        let record = TrainerWorld.layout.log(jobID: world.jobID, name: RunRecord.fileName)
        let bytes = try await world.objects.bytes(of: record, bytesMax: 1 << 20).bytes
        #expect(try JSONReader(try JSON(parsing: bytes))["status"].string() == "preempted")
    }

    @Test("ends without another write when its attempt is another's", arguments: Moment.allCases)
    func stolen(moment: Moment) async throws {
        let world = try await TrainerWorld(ladder: TrainerWorld.spotLadder)
        let engine = CountingEngine()
        let ending = try await run(world, moment, engine) {
            Task { try await Theft().commit(in: world) }
        }
        guard case .fenced(.attemptTaken) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(await engine.partCounts.isEmpty)
        #expect(!world.objects.names.contains { $0.contains("/logs/") })
        #expect(try await world.job().lease?.holder == "runner-2")
    }

    @Test("says what earlier attempts have kept")
    func kept() async throws {
        let world = try await TrainerWorld()
        let first = StopSignal()
        _ = try await world.run(engine: CountingEngine(stopping: first, at: 7), stop: first)
        try await world.launch()
        let stop = StopSignal()
        let ending = try await run(world, .dataset, stop: stop, runner: "runner-2") { stop.request(.terminated) }
        guard case .preempted(.terminated, keptStep: 7) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
    }

    @Test(
        "of a command ends so too, and leaves no folder",
        arguments: [Moment.dataset, .checkpoints, .canary],
        [true, false]
    )
    func command(moment: Moment, isStolen: Bool) async throws {
        let world = try await TrainerWorld(Self.command, ladder: TrainerWorld.spotLadder)
        let work = try TemporaryFolder()
        let settings = CommandSettings(
            command: ["/bin/sh", "-c", "echo >'\(work.path)/started'"],
            graceSeconds: 30,
            workFolder: work.path,
            inherited: [:]
        )
        let stop = StopSignal()
        let ending = try await run(world, moment, command: settings, stop: stop) {
            guard isStolen else { return stop.request(.hostMaintenance) }
            Task { try await Theft().commit(in: world) }
        }
        switch ending {
        case .preempted(.hostMaintenance, nil): #expect(!isStolen)
        case .fenced(.attemptTaken): #expect(isStolen)
        default: Issue.record("it ended \(ending)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty)
    }

    @Test("reads no more of a package once it is to stop")
    func loader() async throws {
        let world = try await TrainerWorld()
        let stop = StopSignal()
        stop.request(.terminated)
        let spec = JobSpec(job: try await world.job())
        let loader = DatasetLoader(objects: world.objects, spec: spec, limits: .standard, stop: stop)
        await #expect(throws: Interrupted.self) { try await loader.load(.actions, scratch: .standard) }
        await #expect(throws: Interrupted.self) { try await stop.cancelling {} }
    }
}

import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import Training

@Suite("What a run uploads beside its checkpoints") struct JobUploadsTests {
    private struct Kept: StoredCheckpoint {
        let step: Int
        let fingerprint = "one"
        let validationLoss: Double? = nil

        func encoded() -> (state: [UInt8], description: JSON) { ([1, 2, 3], ["kept": true]) }
    }

    private static let telemetry = Telemetry(wandb: WandBSettings(project: "signalbox", entity: nil))

    private func count(_ store: ObservedObjectStore, _ part: String) -> Int { store.writes.count { $0.contains(part) } }

    @Test("waits for the checkpoint when the run is to stop: its curve alone goes first")
    func order() async throws {
        let world = try await TrainerWorld(JobConfig(epochs: 100, batchSize: 2, checkpointEverySteps: 1_000_000))
        let store = ObservedObjectStore(world.objects)
        let stop = StopSignal()
        let ending = try await world.run(
            engine: CountingEngine(stopping: stop, at: 7),
            telemetry: Self.telemetry,
            objects: store,
            stop: stop
        )
        guard case .preempted(.terminated, keptStep: 7) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let writes = store.writes
        let described = try #require(writes.firstIndex { $0.hasPrefix("checkpoints/") && $0.hasSuffix(".json") })
        #expect(writes.prefix(described).contains { $0.hasSuffix("/metrics.jsonl") })
        for part in ["/wandb/", "/run.json", "/trainer-attempt-1.log", "/events.out.tfevents."] {
            #expect(writes.prefix(described).allSatisfy { !$0.contains(part) }, "\(part) went first: \(writes)")
            #expect(writes.count { $0.contains(part) } == 1, "\(part): \(writes)")
        }
    }

    @Test("is uploaded now and then, however often a checkpoint is kept")
    func pace() async throws {
        let world = try await TrainerWorld()
        let store = ObservedObjectStore(world.objects)
        let surroundings = world.surroundings(objects: store, telemetry: Self.telemetry)
        let spec = JobSpec(job: try await world.job())
        let run = JobRun(spec: spec, surroundings: surroundings) { _ in throw TrainingError(.pluginMissing, "none") }
        let lease = HeldLease(seconds: 1_000_000, clock: world.clock)
        lease.renew(from: world.clock.now())
        let observer = JobObserver(spec: spec, surroundings: surroundings, lease: lease, stop: StopSignal())
        let keeper = run.keeper(for: observer)
        try await observer.begin(totalSteps: 100, after: 0)
        var step = 0
        func keep(after seconds: Int64) async throws {
            step += 1
            world.clock.advance(by: .seconds(seconds))
            await observer.didTrain(TrainingProgress(step: step, totalSteps: 100, epoch: 1, loss: 1))
            try await keeper.keep(Kept(step: step))
            _ = try await keeper.settle()
        }
        for _ in 0..<10 { try await keep(after: 6) }
        #expect(count(store, "/metrics.jsonl") == 10)
        #expect(count(store, "/wandb/") == 1 && count(store, "/run.json") == 1)
        let described = try #require(store.writes.firstIndex { $0.hasSuffix("attempt-1-runner-1.json") })
        let others = ["/wandb/", "/run.json"]
        #expect(store.writes.prefix(described).allSatisfy { name in !others.contains { name.contains($0) } })
        try await keep(after: Int64(JobObserver.logsEverySeconds))
        #expect(count(store, "/wandb/") == 1 && count(store, "/run.json") == 2)
        try await keep(after: Int64(JobObserver.runFileEverySeconds))
        #expect(count(store, "/wandb/") == 2 && count(store, "/run.json") == 3)
        await observer.flushAtEnd(as: .preempted)
        #expect(count(store, "/wandb/") == 3 && count(store, "/run.json") == 4)
    }

    @Test("and cannot be is no reason to end: the checkpoint is kept all the same")
    func refused() async throws {
        let world = try await TrainerWorld(JobConfig(epochs: 10, batchSize: 2, checkpointEverySteps: 5))
        let store = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard case .write(let object) = call, object.name.contains("/trainer-attempt-") else { return }
                throw StoreError(.permissionDenied, "no role for logs")
            }
        )
        let stop = StopSignal()
        let ending = try await world.run(
            engine: CountingEngine(stopping: stop, at: 23),
            objects: store,
            stop: stop
        )
        guard case .preempted(.terminated, keptStep: 23) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
    }
}

import Glibc
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("A run that is to stop") struct JobStopTests {
    private static let away = StoreError(.unavailable, "it is away")

    /// A bucket that answers no write once something has happened.
    private static func silentBucket(_ world: TrainerWorld, once isSilent: @escaping @Sendable () -> Bool)
        -> ObservedObjectStore
    {
        ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard isSilent(), case .write = call else { return }
                try await ObservedObjectStore.hang()
            }
        )
    }

    /// Why it is to stop, and what its machine leaves; of several causes the one with the least time counts, and
    /// `requested` alone would leave 120 s.
    private static let causes: [(causes: [StopCause], stopSeconds: Int, hasTracker: Bool)] = [
        ([.terminated], 20, false), ([.terminated], 40, true), ([.requested, .machineReclaimed], 20, false),
    ]

    @Test("while bucket and tracker are silent is over in the time that its machine leaves", arguments: causes)
    func silentBucket(causes: [StopCause], stopSeconds: Int, hasTracker: Bool) async throws {
        let world = try await TrainerWorld(JobRunTests.endless)
        let stop = StopSignal()
        let askedAt = Mutex<Timestamp?>(nil)
        let engine = JobRunTests.slowEngine { step in
            guard step == 20 else { return }
            askedAt.withLock { $0 = world.clock.now() }
            for cause in causes { stop.request(cause) }
        }
        let ending = try await world.run(
            engine: engine,
            stopSeconds: stopSeconds,
            telemetry: Telemetry(trackers: hasTracker ? [ScriptedTracker(isHanging: true)] : [], clock: world.clock),
            objects: Self.silentBucket(world) { stop.isRequested },
            stop: stop,
            tick: .milliseconds(4)
        )
        let endedAt = world.clock.now()
        guard case .preempted(causes[0], keptStep: nil) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let asked = try #require(askedAt.withLock { $0 })
        let recovery = try #require(try await world.job().recoveries.last)
        #expect(recovery.evidence.hasSuffix(causes[0].rawValue))
        #expect(endedAt - asked <= .seconds(stopSeconds), "\(endedAt - asked)")
        #expect(recovery.at - asked >= .seconds(stopSeconds / 2), "\(recovery.at - asked)")
        #expect(try await world.checkpoints().isEmpty)
    }

    @Test("while Firestore is away says so by its exit alone, with its last step kept")
    func silentFirestore() async throws {
        let world = try await TrainerWorld(JobRunTests.endless)
        let stop = StopSignal()
        let engine = JobRunTests.slowEngine { step in
            guard step == 20 else { return }
            world.failDocuments(with: Self.away)
            stop.request(.machineReclaimed)
        }
        let ending = try await world.run(engine: engine, stop: stop, tick: .zero)
        world.failDocuments(with: nil)
        guard case .preempted(.machineReclaimed, let step?) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(step >= 20)
        #expect(try await world.job().phase == .running)
        #expect(try await world.checkpoints().count == 2)
    }

    /// Firestore is away: since when, and until when.
    private struct Silence {
        var from: Timestamp?
        var to: Timestamp?
        var steps = 0
    }

    @Test("after Firestore was away for longer than a lease has trained on, written nothing then, and reports late")
    func longSilence() async throws {
        let world = try await TrainerWorld(JobConfig(epochs: 100_000, batchSize: 2, checkpointEverySteps: 20))
        let stop = StopSignal()
        let silence = Mutex(Silence())
        let engine = JobRunTests.slowEngine { step in
            silence.withLock { silence in
                let now = world.clock.now()
                if step == 50 {
                    silence.from = now
                    world.failDocuments(with: Self.away)
                } else if let to = silence.to {
                    if now - to >= .seconds(60) { stop.request(.terminated) }
                } else if let from = silence.from {
                    silence.steps += 1
                    guard now - from >= .seconds(3 * JobPolicy().leaseSeconds) else { return }
                    silence.to = now
                    world.failDocuments(with: nil)
                }
            }
        }
        let unasked = Mutex<[String]>([])
        let objects = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard case .write(let name) = call else { return }
                let (silence, now) = (silence.withLock { $0 }, world.clock.now())
                // A call that was decided on within the lease may begin a little later.
                guard let from = silence.from, silence.to == nil, now - from > .seconds(JobPolicy().leaseSeconds + 15)
                else { return }
                unasked.withLock { $0.append(name.name) }
            }
        )
        let ending = try await world.run(engine: engine, objects: objects, stop: stop, tick: JobRunTests.slowTick)
        guard case .preempted(.terminated, let step?) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        let steps = silence.withLock { $0.steps }
        #expect(steps > 100 && step > 50 + steps)
        #expect(unasked.withLock { $0 }.isEmpty)
        let job = try await world.job()
        #expect(job.attempt == 1 && job.recoveries.map(\.cause) == [.preempted])
        #expect(try #require(job.progress).step > 50 + steps)
        let log = try await world.log(attempt: 1)
        #expect(log.contains { $0.hasPrefix("nothing is written: no heartbeat was acknowledged for a lease") })
    }

    @Test("before its first report ends at once, and takes nothing back")
    func unheard() async throws {
        let world = try await TrainerWorld()
        let stop = StopSignal()
        stop.request(.terminated)
        guard case .preempted(.terminated, keptStep: nil) = try await world.run(stop: stop) else {
            Issue.record("it went on")
            return
        }
        #expect(try await world.job().phase == .launched)
        #expect(try await world.job().recoveries.isEmpty)
    }

    @Test("while its trained model waits for the bucket stops in order, and the next attempt publishes it")
    func untoldModel() async throws {
        let world = try await TrainerWorld()
        let stop = StopSignal()
        // All steps are done and kept when the bucket goes.
        let isGone = Mutex(false)
        let objects = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard case .write = call, isGone.withLock({ $0 }) else { return }
                throw Self.away
            },
            didWrite: { name in
                if name.contains("step-000000018/"), name.hasSuffix(".json") { isGone.withLock { $0 = true } }
            }
        )
        let ending = try await world.run(
            stopSeconds: 100,
            console: { line in
                if line.text.contains("the model waits for its stores") { stop.request(.sessionLimit) }
            },
            objects: objects,
            stop: stop,
            tick: .milliseconds(100)
        )
        guard case .preempted(.sessionLimit, keptStep: 18) = ending else {
            Issue.record("it ended \(ending); \(try await world.checkpoints())")
            return
        }
        #expect(try await world.job().recoveries.map(\.cause) == [.sessionEnded])
        try await world.launch()
        let engine = CountingEngine()
        guard case .completed(let result) = try await world.run(engine: engine, runner: "runner-2") else {
            Issue.record("it did not complete")
            return
        }
        #expect(result.steps == 18)
        #expect(await engine.partCounts.isEmpty)
    }

    @Test("because its disk is full leaves its log")
    func fullDisk() async throws {
        let world = try await TrainerWorld()
        let ending = try await world.run(makeEngine: { _ in throw FileIO.Failure("/scratch", "no space left on device")
        })
        guard case .ended(let detail) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(detail.contains("no space left"))
        #expect(try await world.log(attempt: 1).contains { $0.contains("no space left") })
    }

    @Test("because it may not write the document is a fault, not the loss of a machine")
    func forbidden() async throws {
        let world = try await TrainerWorld()
        let spec = JobSpec(job: try await world.job())
        world.failDocuments(with: StoreError(.permissionDenied, "no role"))
        let run = JobRun(spec: spec, surroundings: world.surroundings()) { _ in
            (CountingEngine(), try ProgramBundle(folder: Repository.programs))
        }
        guard case .ended(let detail) = await run.run(stop: StopSignal()) else {
            Issue.record("it did not end")
            return
        }
        #expect(detail.contains("no role"))
    }

    @Test("because its job's document is gone wants nothing more")
    func deleted() async throws {
        let world = try await TrainerWorld()
        let spec = JobSpec(job: try await world.job())
        _ = try await world.documents.commit([.delete(Job.path(of: world.jobID), if: .none)])
        let run = JobRun(spec: spec, surroundings: world.surroundings()) { _ in
            (CountingEngine(), try ProgramBundle(folder: Repository.programs))
        }
        guard case .fenced(.ignored) = await run.run(stop: StopSignal()) else {
            Issue.record("it went on")
            return
        }
    }
}

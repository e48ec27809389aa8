import Glibc
import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@testable import Training

@Suite("A run of a job") struct JobRunTests {
    /// More steps than any test has time for.
    static let endless = JobConfig(epochs: 100_000, batchSize: 2, checkpointEverySteps: 1_000_000)

    /// Of the clock in a millisecond, where what a run does in a time is looked at: a busy machine does little in one.
    static let slowTick = Duration.milliseconds(50)

    /// An engine whose steps take a moment, so that what goes on beside them has its turn.
    static func slowEngine(_ didStep: @escaping @Sendable (Int) -> Void = { _ in }) -> CountingEngine {
        CountingEngine(trainingLoss: { step in
            didStep(step)
            usleep(1000)
            return 1 / Float(step)
        })
    }

    @Test("trains, keeps its last three checkpoints and registers a model")
    func completes() async throws {
        let world = try await TrainerWorld(JobConfig(epochs: 10, batchSize: 2, checkpointEverySteps: 1))
        // Slow enough that each checkpoint is kept before the next one is given.
        let ending = try await world.run(engine: Self.slowEngine())
        guard case .completed(let result) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(result.steps == 60)
        #expect(try await world.job().phase == .completed)
        let kept = try await world.checkpoints()
        #expect(kept.count <= 2 * CheckpointRetention.newestMax)
        #expect(kept.last?.contains("60/") == true, "\(kept)")
    }

    @Test(
        "stops for a notice of its provider with all steps kept, and says why",
        arguments: [
            StopCause.machineReclaimed, .hostMaintenance,
        ]
    )
    func notice(cause: StopCause) async throws {
        let world = try await TrainerWorld(Self.endless)
        let notices = ScriptedNotices()
        let engine = Self.slowEngine { if $0 == 20 { notices.announce(cause) } }
        let ending = try await world.run(engine: engine, notices: notices)
        guard case .preempted(cause, let step?) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(step >= 20)
        let recovery = try #require(try await world.job().recoveries.last)
        #expect(recovery.cause == .preempted)
        #expect(recovery.evidence.hasSuffix(cause.rawValue))
        #expect(try await world.checkpoints().count == 2)
        #expect(try await world.log(attempt: 1).contains { $0.contains("announces: \(cause.rawValue)") })
    }

    @Test("keeps its last step when its job is cancelled, and a retry goes on from there")
    func cancelled() async throws {
        let world = try await TrainerWorld(Self.endless)
        let engine = Self.slowEngine { step in
            guard step == 20 else { return }
            Task { try await world.cancel() }
        }
        guard case .preempted(.requested, let step?) = try await world.run(engine: engine, tick: Self.slowTick) else {
            Issue.record("it did not stop")
            return
        }
        #expect(step >= 20)
        let job = try await world.job()
        #expect(job.failure?.code == .cancelled)
        #expect(job.recoveries.map(\.evidence) == ["the trainer checkpointed and stopped: requested"])
        #expect(try await world.checkpoints().count == 2)
        _ = try await world.ledger.apply(.retried(tier: nil, spendMaxUSD: nil), to: world.jobID)
        try await world.launch()
        let next = try await world.run(
            engine: Self.slowEngine(),
            sessionSecondsMax: 60,
            runner: "runner-2",
            tick: Self.slowTick
        )
        guard case .preempted(.sessionLimit, let later?) = next else {
            Issue.record("it ended \(next)")
            return
        }
        #expect(later > step)
        #expect(try await world.log(attempt: 2).contains("resuming from step \(step)"))
    }

    @Test("checkpoints once before its session is over, and goes on in the next")
    func session() async throws {
        let world = try await TrainerWorld(Self.endless)
        let begun = world.clock.now()
        let ending = try await world.run(engine: Self.slowEngine(), sessionSecondsMax: 300, tick: Self.slowTick)
        guard case .preempted(.sessionLimit, let step?) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(world.clock.now() - begun < .seconds(300))
        #expect(try await world.job().recoveries.map(\.cause) == [.sessionEnded])
        #expect(try await world.checkpoints().count == 2)
        try await world.launch()
        let next = try await world.run(
            engine: Self.slowEngine(),
            sessionSecondsMax: 100,
            runner: "runner-2",
            tick: Self.slowTick
        )
        guard case .preempted(.sessionLimit, let later?) = next else {
            Issue.record("it ended \(next)")
            return
        }
        #expect(later > step)
        #expect(try await world.log(attempt: 2).contains("resuming from step \(step)"))
    }

    @Test("counts its session from the start of its process, however long that took", arguments: [299, 900])
    func longStart(seconds: Int64) async throws {
        let world = try await TrainerWorld(Self.endless)
        let startedAt = world.clock.now()
        world.clock.advance(by: .seconds(seconds))
        let ending = try await world.run(
            engine: Self.slowEngine(),
            sessionSecondsMax: 300,
            startedAt: startedAt,
            tick: .zero
        )
        // No time passes any more: nothing but the time that has passed already can end the run.
        guard case .preempted(.sessionLimit, _) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await world.job().recoveries.map(\.cause) == [.sessionEnded])
    }

    @Test("stops in the midst of a step of very many parts, with the last whole step kept")
    func interruptedStep() async throws {
        // All windows of all episodes at once.
        let config = JobConfig(epochs: 10, batchSize: 1 << 14, checkpointEverySteps: 1_000_000)
        let world = try await TrainerWorld(config, steps: EpisodeText.steps(600))
        let stop = StopSignal()
        let counts = Mutex((parts: 0, late: 0))
        let engine = CountingEngine(didPart: { step, part in
            counts.withLock { counts in
                counts.parts = max(counts.parts, part)
                if stop.isRequested { counts.late += 1 }
            }
            if step == 3, part == 100 { stop.request(.terminated) }
        })
        let ending = try await world.run(engine: engine, stop: stop)
        guard case .preempted(.terminated, keptStep: 2) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(counts.withLock { $0.parts } > 500 && counts.withLock { $0.late } == 0)
        try await world.launch()
        guard case .completed(let result) = try await world.run(runner: "runner-2") else {
            Issue.record("it did not complete")
            return
        }
        #expect(result.steps == 10)
    }

    @Test("trains on while its bucket is away, and keeps what it could not once it is back")
    func outage() async throws {
        // None but a heartbeat's try can keep the one of step 300 before that of step 600 takes its place.
        let world = try await TrainerWorld(JobConfig(epochs: 100, batchSize: 2, checkpointEverySteps: 300))
        let isWaiting = Mutex(false)
        let engine = Self.slowEngine { step in
            if step == 290 { world.failWrites(with: StoreError(.unavailable, "the bucket is away")) }
            guard step == 350 else { return }
            for _ in 0..<6_000 where !isWaiting.withLock({ $0 }) { usleep(10_000) }
            world.failWrites(with: nil)
        }
        let ending = try await world.run(
            engine: engine,
            console: { line in if line.text.contains("waits for its store") { isWaiting.withLock { $0 = true } } }
        )
        guard case .completed(let result) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(result.steps == 600)
        let log = try await world.log(attempt: 1)
        #expect(log.contains { $0.contains("waits for its store") })
        #expect(log.contains("checkpoint at step 300"))
    }

    @Test("holds a trained model until its bucket is back")
    func latePublication() async throws {
        let world = try await TrainerWorld()
        let engine = CountingEngine(trainingLoss: { step in
            if step == 18 { world.failWrites(with: StoreError(.unavailable, "the bucket is away")) }
            return 1 / Float(step)
        })
        let ending = try await world.run(
            engine: engine,
            console: { line in
                if line.text.contains("the model waits for its stores") { world.failWrites(with: nil) }
            }
        )
        guard case .completed = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(try await world.job().phase == .completed)
        #expect(try await world.log(attempt: 1).contains { $0.hasPrefix("the model waits for its stores") })
    }

    @Test("fails where its bucket refuses a checkpoint for good")
    func forbidden() async throws {
        let world = try await TrainerWorld(JobConfig(epochs: 1000, batchSize: 2, checkpointEverySteps: 5))
        let engine = Self.slowEngine { step in
            if step == 2 { world.failWrites(with: StoreError(.permissionDenied, "no role")) }
        }
        let ending = try await world.run(engine: engine)
        guard case .failed(let failure) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(failure.message.contains("no role"))
    }

    @Test("fails by codes that docs/errors.md has, each")
    func documented() throws {
        let bytes = try FileIO.read("\(Repository.root)/docs/errors.md", bytesMax: 1 << 20)
        let text = String(decoding: bytes, as: UTF8.self)
        let missing = TrainingError.Code.allCases.map(\.rawValue).filter { !text.contains("`\($0)`") }
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test("passes a torn newest checkpoint over, and says why", arguments: Tear.allCases)
    func torn(tear: Tear) async throws {
        let world = try await TrainerWorld(JobConfig(epochs: 100_000, batchSize: 2, checkpointEverySteps: 10))
        let stop = StopSignal()
        // The run gives a checkpoint as it stops, beside those on the way.
        let engine = Self.slowEngine { if $0 == 45 { stop.request(.terminated) } }
        guard case .preempted(_, let step?) = try await world.run(engine: engine, stop: stop) else {
            Issue.record("it did not stop")
            return
        }
        let names = try await world.checkpoints()
        let newest = names.filter { $0.hasPrefix(names[names.count - 1].prefix { $0 != "/" }) }
        try #require(newest.count == 2 && names.count > 2)
        try await tear.apply(to: newest, in: world)
        try await world.launch()
        _ = try await world.run(
            engine: Self.slowEngine(),
            sessionSecondsMax: 60,
            runner: "runner-2",
            tick: Self.slowTick
        )
        let log = try await world.log(attempt: 2)
        #expect(log.contains { $0.contains("is passed over: \(tear.reason)") }, "\(log)")
        let resumed = try #require(log.first { $0.hasPrefix("resuming from step ") })
        let from = try #require(Int(resumed.dropFirst("resuming from step ".count)))
        #expect(from > 0 && from < step)
    }

    @Test("ends within a heartbeat once its attempt is another's", arguments: Theft.Thief.allCases)
    func stolen(by thief: Theft.Thief) async throws {
        let world = try await TrainerWorld(Self.endless)
        let theft = Theft(by: thief)
        let lastStepAt = Mutex(world.clock.now())
        let engine = Self.slowEngine { step in
            lastStepAt.withLock { $0 = world.clock.now() }
            guard step == 20 else { return }
            Task { try await theft.commit(in: world) }
        }
        let ending = try await world.run(engine: engine, tick: .milliseconds(5))
        guard case .fenced(let decision) = ending, decision == thief.decision else {
            Issue.record("it ended \(ending)")
            return
        }
        let time = try #require(await theft.at)
        // One heartbeat, and what the test's clock does while a busy machine sends it.
        let trained = lastStepAt.withLock { $0 } - time
        #expect(trained <= .seconds(TrainerWorld.heartbeatSeconds + 10), "\(trained)")
        #expect(try await world.checkpoints().isEmpty)
        #expect(try await world.job().lease?.holder == "runner-2")
    }

    @Test(
        "ends without another write where its attempt is another's while it publishes",
        arguments: ["step-000000018/attempt-1-runner-1.safetensors", "v1/model.safetensors", "v1/calibration.json"]
    )
    func stolenInPublication(upload: String) async throws {
        let world = try await TrainerWorld()
        let stop = StopSignal()
        let objects = ObservedObjectStore(
            world.objects,
            willCall: { (call: ObservedObjectStore.Call) async throws(StoreError) in
                guard case .write(let name) = call, name.name.hasSuffix(upload) else { return }
                do { try await Theft().commit(in: world) } catch { Issue.record(error) }
                // This one is on its way until the next heartbeat, and a little longer.
                for _ in 0..<6_000 where stop.fence == nil { try? await Task.sleep(for: .milliseconds(5)) }
                try? await Task.sleep(for: .milliseconds(20))
            }
        )
        let ending = try await world.run(objects: objects, stop: stop)
        guard case .fenced(.attemptTaken) = ending else {
            Issue.record("it ended \(ending)")
            return
        }
        #expect(objects.writes.last?.hasSuffix(upload) == true, "\(objects.writes)")
        #expect(try await world.job().lease?.holder == "runner-2")
    }
}

/// Another process takes the attempt over, or there is another attempt.
actor Theft {
    enum Thief: String, Sendable, CaseIterable {
        case process, attempt

        var decision: JobDecision { self == .process ? .attemptTaken : .staleAttempt }
    }

    private let thief: Thief
    private(set) var at: Timestamp?

    init(by thief: Thief = .process) { self.thief = thief }

    func commit(in world: TrainerWorld) async throws {
        let isAttempt = thief == .attempt
        try await world.change { job in
            if isAttempt { job.attempt += 1 }
            job.lease?.holder = "runner-2"
            job.lease?.expiresAt = world.clock.now() + .seconds(100_000)
        }
        at = world.clock.now()
    }
}

/// How a checkpoint is damaged.
enum Tear: String, CaseIterable, Sendable {
    case stateDamaged, stateMissing, descriptionMissing, descriptionDamaged

    var reason: String {
        switch self {
        case .stateDamaged: "its state is cut short or damaged"
        case .stateMissing: "not_found"
        case .descriptionMissing: "it has no description"
        case .descriptionDamaged: "its description is cut short or damaged"
        }
    }

    /// - Parameter names: the description's and the state's, below the job's checkpoints.
    func apply(to names: [String], in world: TrainerWorld) async throws {
        let isState = self == .stateDamaged || self == .stateMissing
        let name = try #require(names.first { $0.hasSuffix(isState ? ".safetensors" : ".json") })
        let object = ObjectName(
            bucket: TrainerWorld.layout.trainingBucket,
            name: TrainerWorld.layout.checkpoints(jobID: world.jobID) + name
        )
        switch self {
        case .stateMissing, .descriptionMissing: try await world.objects.delete(object, generation: nil, if: .none)
        case .stateDamaged, .descriptionDamaged:
            var (bytes, _) = try await world.objects.bytes(of: object, bytesMax: 1 << 20)
            bytes.removeLast()
            _ = try await world.objects.write(
                object,
                .bytes(bytes),
                contentType: "application/octet-stream",
                metadata: [:],
                if: .none
            )
        }
    }
}

/// Notices that a test announces.
final class ScriptedNotices: InterruptionNotices {
    let provider = "a test"
    private let cause = Mutex<StopCause?>(nil)

    func announce(_ cause: StopCause) { self.cause.withLock { $0 = cause } }

    func current() async throws -> StopCause? { cause.withLock { $0 } }
}

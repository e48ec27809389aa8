import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The controller")
struct JobControllerTests {
    @Test("launches a pending job once, with its spec")
    func launches() async throws {
        let world = try await JobWorld()
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.decisions == [.attemptClaimed, .runLaunched])
        #expect(outcome.tryAgainSeconds == nil)
        let run = try #require(world.tier.started.first)
        #expect(run.order == world.order(attempt: 1))
        let job = try await world.current()
        #expect(job == outcome.job)
        #expect(job.handle == run.handle)
        #expect(job.placement?.place == Place(tier: "scripted"))
        let bytes = try await world.objects.bytes(of: run.order.spec, bytesMax: JobSpec.bytesMax).bytes
        let spec = try JobSpec(JSONReader(JSON(parsing: bytes)))
        #expect(spec == JobSpec(job: job))
        #expect(spec.attempt == 1)
    }

    @Test("launches nothing more for duplicate events")
    func duplicates() async throws {
        let world = try await JobWorld()
        for seed in 0..<10 as Range<UInt64> {
            let outcome = try await world.controller(seed: seed).attend(world.job.id)
            #expect(seed == 0 || outcome.decisions == [.leaseFresh])
        }
        #expect(world.tier.callCount("launch") == 1)
    }

    @Test("launches once when many attend at the same time")
    func concurrent() async throws {
        for round in 0..<50 as Range<UInt64> {
            let world = try await JobWorld()
            let outcomes = try await withThrowingTaskGroup(of: JobController.Outcome.self) { group in
                for launcher in 0..<10 as Range<UInt64> {
                    group.addTask { try await world.controller(seed: round * 100 + launcher).attend(world.job.id) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(world.tier.callCount("launch") == 1)
            #expect(outcomes.count { $0.decisions.first == .attemptClaimed } == 1)
            for outcome in outcomes where outcome.decisions == [.launcherBusy] {
                #expect(outcome.tryAgainSeconds == 60)
            }
            #expect(try await world.current().phase == .launched)
            #expect(world.documents.problems(of: world.job.id) == [])
        }
    }

    @Test("goes on after a launcher that died between its intent and its launch")
    func crashBeforeLaunch() async throws {
        let world = try await JobWorld()
        _ = try await world.ledger.apply(world.lookOfTheDead, to: world.job.id)

        let early = try await world.controller().attend(world.job.id)
        #expect(early.decisions == [.launcherBusy])
        #expect(early.tryAgainSeconds == 60)
        #expect(world.tier.started.isEmpty)

        world.clock.advance(by: .seconds(60))
        let late = try await world.controller(seed: 1).attend(world.job.id)
        #expect(late.decisions == [.launchTakenOver, .runMissing, .runLaunched])
        #expect(world.tier.started.map(\.order) == [world.order(attempt: 1)])
        #expect(try await world.current().attempt == 1)
    }

    @Test("adopts the run of a launcher that died before it wrote the handle")
    func crashAfterLaunch() async throws {
        let world = try await JobWorld()
        _ = try await world.ledger.apply(world.lookOfTheDead, to: world.job.id)
        let handle = try await world.tier.launch(world.order(attempt: 1))

        world.clock.advance(by: .seconds(60))
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.decisions == [.launchTakenOver, .runAdopted])
        #expect(world.tier.started.count == 1)
        #expect(world.tier.callCount("launch") == 1)
        #expect(try await world.current().handle == handle)
    }

    @Test("does not launch again when the tier's answer to a launch is lost", arguments: [true, false])
    func lostLaunch(tookEffect: Bool) async throws {
        let lost = TierError(.unreachable, "no answer")
        let tier = ScriptedTier { operation, call in
            guard operation == "launch", call == 1 else { return nil }
            return tookEffect ? .after(lost) : .before(lost)
        }
        let world = try await JobWorld(tier: tier)
        let first = try await world.controller().attend(world.job.id)
        #expect(first.decisions == [.attemptClaimed])
        #expect(first.tryAgainSeconds == 60)
        world.clock.advance(by: .seconds(60))
        let second = try await world.controller(seed: 1).attend(world.job.id)
        let expected: [JobDecision] =
            tookEffect ? [.launchTakenOver, .runAdopted] : [.launchTakenOver, .runMissing, .runLaunched]
        #expect(second.decisions == expected)
        #expect(tier.started.count == 1)
        #expect(try await world.current().phase == .launched)
    }

    @Test("tries again later when the spec cannot be written, without a second claim")
    func specFails() async throws {
        let world = try await JobWorld()
        let faults = FaultPlan { operation, call in
            operation == "write" && call == 1 ? .after(StoreError(.unavailable, "lost")) : nil
        }
        let objects = MemoryObjectStore(clock: world.clock, faults: faults)
        let first = try await world.controller(objects: objects).attend(world.job.id)
        #expect(first.tryAgainSeconds != nil)
        #expect(world.tier.started.isEmpty)
        world.clock.advance(by: .seconds(60))
        _ = try await world.controller(seed: 1, objects: objects).attend(world.job.id)
        #expect(world.tier.started.map(\.order.name) == [world.order(attempt: 1).name])
    }

    @Test("throws for a job that is not there")
    func noSuchJob() async throws {
        let world = try await JobWorld()
        await #expect(throws: LedgerError.self) { try await world.controller().attend("job-none") }
    }
}

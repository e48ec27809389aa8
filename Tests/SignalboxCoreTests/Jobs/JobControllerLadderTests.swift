import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The controller and the ladder")
struct JobControllerLadderTests {
    private static func refusing(_ name: String, _ codes: [TierError.Code]) -> ScriptedTier {
        ScriptedTier(name: name) { operation, call in
            guard operation == "launch", call <= codes.count else { return nil }
            return .before(TierError(codes[call - 1], "none left"))
        }
    }

    @Test("walks to the next tier at once where there is no capacity")
    func walks() async throws {
        let second = ScriptedTier(name: "second")
        let world = try await JobWorld(
            tier: Self.refusing("scripted", [.capacity]),
            others: [second],
            ladder: "scripted second/here/small"
        )
        #expect(try await world.attend() == [.attemptClaimed, .attemptGivenUp])
        #expect(try await world.attend(seed: 1) == [.attemptClaimed, .runLaunched])
        #expect(world.tier.started.isEmpty)
        #expect(second.started.map(\.order.place) == [Place("second/here/small")])
        let job = try await world.current()
        #expect(job.placement?.place == Place("second/here/small"))
        #expect(job.placement?.usdPerHour == 2)
        #expect(job.recoveries.map(\.place) == [Place("scripted")])
        #expect(job.recoveries.map(\.evidence) == ["capacity: none left"])
    }

    @Test("begins again with the first after a wait")
    func waits() async throws {
        let world = try await JobWorld(tier: Self.refusing("scripted", [.capacity, .quota]))
        #expect(try await world.attend() == [.attemptClaimed, .attemptGivenUp])
        for seconds in [0, 59] {
            world.clock.advance(by: .seconds(seconds))
            #expect(try await world.attend() == [.capacityAwaited])
        }
        world.clock.advance(by: .seconds(1))
        #expect(try await world.attend() == [.attemptClaimed, .attemptGivenUp])
        world.clock.advance(by: .seconds(119))
        #expect(try await world.attend() == [.capacityAwaited])
        world.clock.advance(by: .seconds(1))
        #expect(try await world.attend() == [.attemptClaimed, .runLaunched])
        #expect(world.tier.started.map(\.order.attempt) == [3])
    }

    @Test(
        "a launch that is refused for good fails the job",
        arguments: [TierError.Code.invalidOrder, .permissionDenied]
    )
    func forGood(code: TierError.Code) async throws {
        let world = try await JobWorld(tier: Self.refusing("scripted", [code]))
        #expect(try await world.attend() == [.attemptClaimed, .failed])
        let failure = try await world.current().failure
        #expect(failure == Job.Failure(.launchFailed, "\(code.rawValue): none left"))
    }

    @Test("fails a job whose tier is not configured, without an attempt")
    func unknownTier() async throws {
        var job = Sample.job()
        job.config.tier = "mars"
        let world = try await JobWorld(job: job)
        #expect(try await world.attend() == [.failed])
        let after = try await world.current()
        #expect(after.failure?.code == .noPlace)
        #expect(after.attempt == 0)
    }

    @Test("goes on to a rung whose tier is configured where the ladder names one that is not")
    func unknownRung() async throws {
        let world = try await JobWorld(ladder: "mars/olympus scripted")
        for seed in 0..<3 as Range<UInt64> {
            try await world.attend(seed: seed)
            world.clock.advance(by: .seconds(60))
        }
        #expect(world.tier.started.map(\.order.place) == [Place("scripted")])
    }

    @Test("a job that asks for a tier goes there, wherever the ladder begins")
    func ownTier() async throws {
        var job = Sample.job()
        job.config.tier = "second"
        let second = ScriptedTier(name: "second")
        let world = try await JobWorld(others: [second], ladder: "scripted", job: job)
        #expect(try await world.attend() == [.attemptClaimed, .runLaunched])
        #expect(second.started.map(\.order.place) == [Place("second")])
    }

    @Test("a failed job goes on under its id, on another tier")
    func retry() async throws {
        let second = ScriptedTier(name: "second")
        let world = try await JobWorld(others: [second], ladder: "scripted")
        try await world.attend()
        try await world.heartbeat()
        let failure = Job.Failure(.diverged, "no such device")
        let failed = JobInput.failed(attempt: 1, runner: Sample.runner, failure)
        _ = try await world.ledger.apply(failed, to: world.job.id)
        _ = try await world.ledger.apply(.retried(tier: "second", spendMaxUSD: nil), to: world.job.id)
        #expect(try await world.attend() == [.runReleasing, .runReleased, .attemptClaimed, .runLaunched])
        #expect(world.tier.started.map(\.isCancelled) == [true])
        #expect(second.started.map(\.order.attempt) == [2])
        let names = second.started.map(\.order.name)
        #expect(names == [RunOrder.name(jobID: world.job.id, attempt: 2)])
    }

    @Test("what the spend cap leaves is told to the tier and to the trainer")
    func runSeconds() async throws {
        var job = Sample.job()
        job.config.spendMaxUSD = 0.5
        let world = try await JobWorld(ladder: "scripted/-/small/spot", job: job)
        try await world.attend()
        let order = try #require(world.tier.started.first?.order)
        #expect(order.runSecondsMax == 1680)
        let bytes = try await world.objects.bytes(of: order.spec, bytesMax: JobSpec.bytesMax).bytes
        let spec = try JobSpec(JSONReader(JSON(parsing: bytes)))
        #expect(spec.runSecondsMax == 1680)
        #expect(spec.provisioning == .spot)
    }
}

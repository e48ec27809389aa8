import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("The controller and runs to give back")
struct JobControllerReleaseTests {
    /// A world whose first attempt was given up though its run may live on.
    private func givenUp(_ tier: ScriptedTier) async throws -> JobWorld {
        let world = try await JobWorld(tier: tier)
        try await world.attend()
        try await world.heartbeat()
        let preempted = JobInput.preempted(attempt: 1, runner: Sample.runner)
        _ = try await world.ledger.apply(preempted, to: world.job.id)
        return world
    }

    @Test("a given-up attempt's run is cancelled before the next one is claimed, in one look")
    func releases() async throws {
        let world = try await givenUp(ScriptedTier())
        #expect(try await world.attend() == [.runReleasing, .runReleased, .attemptClaimed, .runLaunched])
        #expect(world.tier.started.map(\.isCancelled) == [true, false])
        #expect(world.tier.started.map(\.order.attempt) == [1, 2])
    }

    @Test("a run that takes its time to stop is waited for")
    func slow() async throws {
        let tier = ScriptedTier(endsOnCancel: false)
        let world = try await givenUp(tier)
        let writes = world.writeCount
        for _ in 0..<5 {
            let outcome = try await world.controller().attend(world.job.id)
            #expect(outcome.decisions == [.runReleasing])
            #expect(outcome.tryAgainSeconds == JobController.releaseLookSeconds)
            world.clock.advance(by: .seconds(JobController.releaseLookSeconds))
        }
        #expect(world.writeCount == writes)
        #expect(tier.callCount("launch") == 1)
        tier.set(.ended(detail: "exit 75"), of: tier.started[0].handle)
        #expect(try await world.attend() == [.runReleasing, .runReleased, .attemptClaimed, .runLaunched])
    }

    @Test("a machine with a GPU is gone before one without is started")
    func accelerator() async throws {
        let tier = ScriptedTier(endsOnCancel: false)
        let places = ["scripted/-/g2-standard-8+nvidia-l4:1/spot", "scripted/-/n2-standard-4/on_demand"]
        let world = try await JobWorld(tier: tier, ladder: places.joined(separator: " "))
        try await world.attend()
        try await world.heartbeat()
        let canary = JobInput.canary(attempt: 1, runner: Sample.runner, passed: false)
        _ = try await world.ledger.apply(canary, to: world.job.id)
        for _ in 0..<20 {
            #expect(try await world.attend() == [.runReleasing])
            world.clock.advance(by: .seconds(JobController.releaseLookSeconds))
        }
        #expect(tier.started.map { "\($0.order.place)" } == [places[0]])
        tier.set(.ended(detail: "exit 75"), of: tier.started[0].handle)
        #expect(try await world.attend() == [.runReleasing, .runReleased, .attemptClaimed, .runLaunched])
        #expect(tier.started.map { "\($0.order.place)" } == places)
    }

    @Test(
        "a tier that does not give a run back delays the next claim by ten minutes at most, and is noted once",
        arguments: ["cancel", "inspect"],
        [TierError.Code.unreachable, .permissionDenied]
    )
    func keeps(operation: String, code: TierError.Code) async throws {
        let tier = ScriptedTier(endsOnCancel: false) { called, _ in
            called == operation ? .before(TierError(code, "no")) : nil
        }
        let world = try await givenUp(tier)
        let writes = world.writeCount
        for _ in 0..<10 {
            let outcome = try await world.controller().attend(world.job.id)
            #expect(outcome.decisions == [.runReleasing])
            #expect(outcome.problem == "\(code.rawValue): no")
            #expect(outcome.job.problem?.code == code.rawValue)
            #expect(world.writeCount == writes + 1)
            world.clock.advance(by: .seconds(60))
        }
        #expect(tier.callCount("launch") == 1)
        #expect(try await world.attend() == [.attemptClaimed, .runLaunched])
        #expect(try await world.current().problem == nil)
    }

    @Test("one question that fails does not end the wait for a run that its tier tells of")
    func blip() async throws {
        let tier = ScriptedTier(endsOnCancel: false) { called, call in
            called == "inspect" && call == 1 ? .before(TierError(.unreachable, "no route")) : nil
        }
        let world = try await givenUp(tier)
        #expect(try await world.attend() == [.runReleasing])
        #expect(try await world.current().problem?.code == "unreachable")
        let writes = world.writeCount
        for _ in 0..<20 {
            world.clock.advance(by: .seconds(60))
            let outcome = try await world.controller().attend(world.job.id)
            #expect(outcome.tryAgainSeconds == JobController.releaseLookSeconds)
            #expect(outcome.job.problem == nil)
        }
        // The answer is noted once, when there is a problem to clear.
        #expect(world.writeCount == writes + 1)
        #expect(tier.callCount("launch") == 1)
        tier.set(.ended(detail: "exit 75"), of: tier.started[0].handle)
        #expect(try await world.attend() == [.runReleasing, .runReleased, .attemptClaimed, .runLaunched])
    }

    @Test("a tier that is not configured any more delays it as long")
    func tierTakenAway() async throws {
        let world = try await givenUp(ScriptedTier())
        let other = ScriptedTier(name: "second")
        let dispatch = Dispatch(tiers: [other])
        let controller = JobController(
            ledger: world.ledger,
            objects: world.objects,
            layout: Sample.layout,
            dispatch: dispatch,
            random: SeededRandomSource(seed: 1)
        )
        let outcome = try await controller.attend(world.job.id)
        #expect(outcome.decisions == [.runReleasing])
        #expect(outcome.problem == "unknown_tier: scripted; configured: second")
        world.clock.advance(by: .seconds(600))
        #expect(try await controller.attend(world.job.id).decisions == [.attemptClaimed, .runLaunched])
        #expect(other.started.map(\.order.attempt) == [2])
    }

    @Test("a cancel that fails is no reason to keep the job open")
    func cancelFails() async throws {
        let tier = ScriptedTier { operation, _ in
            operation == "cancel" ? .before(TierError(.unreachable, "no route")) : nil
        }
        let world = try await JobWorld(tier: tier)
        try await world.attend()
        try await world.set("cancel_requested", .boolean(true))
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.decisions == [.failed])
        #expect(outcome.problem == "unreachable: no route")
        #expect(outcome.job.failure?.code == .cancelled)
    }

    @Test("what the tier forbids is noted once, and cleared by its next good word", arguments: ["inspect", "find"])
    func forbidden(operation: String) async throws {
        let isForbidden = Mutex(true)
        let tier = ScriptedTier { called, _ in
            guard called == operation, isForbidden.withLock({ $0 }) else { return nil }
            return .before(TierError(.permissionDenied, "no role"))
        }
        let world = try await JobWorld(tier: tier)
        if operation == "find" {
            _ = try await world.ledger.apply(world.lookOfTheDead, to: world.job.id)
            world.clock.advance(by: .seconds(60))
        } else {
            try await world.attend()
            world.clock.advance(by: .seconds(31))
        }
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.problem == "permission_denied: no role")
        let noted = try await world.current()
        #expect(noted.problem?.code == "permission_denied")
        #expect(noted.problem?.message == "no role")
        #expect(noted.problem?.since == world.clock.now())
        let writes = world.writeCount
        for seed in 1..<4 as Range<UInt64> {
            // Within a launcher's lease nobody else asks.
            if operation == "inspect" { world.clock.advance(by: .seconds(31)) }
            try await world.attend(seed: seed)
        }
        #expect(world.writeCount == writes)
        isForbidden.withLock { $0 = false }
        world.clock.advance(by: .seconds(60))
        try await world.attend(seed: 9)
        #expect(try await world.current().problem == nil)
        #expect(try await world.current().phase == .launched)
    }
}

import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The controller and leases")
struct JobControllerLeaseTests {
    /// A world whose only run is under way, its lease just over.
    private func expired(_ tier: ScriptedTier = ScriptedTier()) async throws -> JobWorld {
        let world = try await JobWorld(tier: tier)
        _ = try await world.controller().attend(world.job.id)
        try await world.heartbeat()
        world.clock.advance(by: .seconds(60))
        return world
    }

    @Test("asks the tier about a silent run, and believes that it lives")
    func alive() async throws {
        let world = try await expired()
        world.tier.set(.running, of: world.tier.started[0].handle)
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.decisions == [.leaseExpired, .leaseExtended])
        #expect(outcome.job.lease?.expiresAt == world.clock.now() + .seconds(60))
        #expect(world.tier.started.count == 1)
    }

    @Test(
        "gives a dead run up and makes another attempt",
        arguments: [
            (RunState.gone, RecoveryCause.runGone), (.ended(detail: "exit 137"), .runEnded), (.preempted, .preempted),
            (.lost(detail: "host error"), .machineLost),
        ]
    )
    func dead(state: RunState, cause: RecoveryCause) async throws {
        let world = try await expired()
        world.tier.set(state, of: world.tier.started[0].handle)
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.decisions == [.leaseExpired, .attemptGivenUp])
        #expect(outcome.job.recoveries.map(\.cause) == [cause])
        let next = try await world.controller(seed: 1).attend(world.job.id)
        // A run that is gone holds nothing; any other is given back first.
        let release: [JobDecision] = state == .gone ? [] : [.runReleasing, .runReleased]
        #expect(next.decisions == release + [.attemptClaimed, .runLaunched])
        #expect(world.tier.started.map(\.order) == [world.order(attempt: 1), world.order(attempt: 2)])
        #expect(world.tier.started.map(\.isCancelled) == [state != .gone, false])
        let report = JobInput.completed(attempt: 1, runner: Sample.runner, Sample.result)
        let late = try await world.ledger.apply(report, to: world.job.id)
        #expect(late.decision == .staleAttempt)
    }

    @Test("the end of a second run of the attempt, which stood down, tells nothing", arguments: [true, false])
    func secondRun(isKnown: Bool) async throws {
        let name = RunOrder.name(jobID: Sample.job().id, attempt: 1)
        let second = TierRun(name: name, handle: "second", state: .ended(detail: "exit 0"))
        let tier = ListedTier([TierRun(name: name, handle: "first", state: .running), second])
        var job = Sample.job(.running, attempt: 1, lease: Job.Lease(holder: Sample.runner, expiresAt: Sample.now))
        job.handle = isKnown ? "first" : nil
        job.placement?.place = Place(tier: tier.name)
        let world = try await JobWorld(others: [tier], job: job)
        #expect(try await world.attend().last == .leaseExtended)
        #expect(try await world.sweeper.sweep().orphans.isEmpty)
        let after = try await world.current()
        #expect(after.handle == "first")
        #expect(after.attempt == 1 && after.recoveries.isEmpty && after.phase == .running)
    }

    /// Two launchers made a run each. The one whose trainer reported first is heard; the document knows the other one,
    /// whose trainer has stood down.
    private func displaced(_ tier: ListedTier, phase: Job.Phase = .running) async throws -> JobWorld {
        let world = try await JobWorld(others: [tier], ladder: tier.name)
        let id = world.job.id
        _ = try await world.ledger.apply(world.lookOfTheDead, to: id)
        _ = try await world.ledger.apply(.launched(attempt: 1, handle: "noted"), to: id)
        guard phase == .running else {
            world.clock.advance(by: .seconds(31))
            return world
        }
        #expect(try await world.heartbeat(runner: "runner-1") == .heartbeat)
        #expect(try await world.heartbeat(runner: "runner-2") == .attemptTaken)
        world.clock.advance(by: .seconds(60))
        return world
    }

    private func listed(
        isNotedFirst: Bool,
        other: RunState,
        faults: @escaping @Sendable (_ operation: String) -> TierError? = { _ in nil }
    ) -> ListedTier {
        let name = RunOrder.name(jobID: Sample.job().id, attempt: 1)
        let noted = TierRun(name: name, handle: "noted", state: .ended(detail: "exit 0"))
        let living = TierRun(name: name, handle: "living", state: other)
        return ListedTier(isNotedFirst ? [noted, living] : [living, noted], faults: faults)
    }

    @Test(
        "the end of the run that is noted is not the attempt's while another one of its name lives",
        arguments: [true, false],
        [Job.Phase.running, .launched]
    )
    func displacedRun(isNotedFirst: Bool, phase: Job.Phase) async throws {
        let tier = listed(isNotedFirst: isNotedFirst, other: .running)
        let world = try await displaced(tier, phase: phase)
        let outcome = try await world.controller().attend(world.job.id)
        let expected: [JobDecision] =
            phase == .running ? [.leaseExpired, .leaseFresh] : [.startAwaited, .leaseFresh]
        #expect(outcome.decisions == expected)
        #expect(outcome.job.handle == "living")
        #expect(outcome.job.attempt == 1 && outcome.job.recoveries.isEmpty && outcome.job.phase == phase)
        // It is this one's trainer that goes on, and this run that is given back in the end.
        #expect(try await world.heartbeat(runner: "runner-1") == .heartbeat)
        let lost = JobInput.preempted(attempt: 1, runner: "runner-1")
        #expect(try await world.ledger.apply(lost, to: world.job.id).decision == .attemptGivenUp)
        _ = try await world.attend(seed: 1)
        #expect(tier.cancelled == ["living"])
    }

    @Test("the trainer of another run that lives is heard, whoever had the lease")
    func displacedHolder() async throws {
        let world = try await displaced(listed(isNotedFirst: true, other: .running))
        _ = try await world.controller().attend(world.job.id)
        #expect(try await world.heartbeat(runner: "runner-3") == .heartbeat)
        #expect(try await world.current().recoveries.isEmpty)
    }

    @Test("the end of the run that is noted is the attempt's where no other one lives", arguments: [true, false])
    func displacedRunAlone(isNotedFirst: Bool) async throws {
        let world = try await displaced(listed(isNotedFirst: isNotedFirst, other: .ended(detail: "exit 1")))
        #expect(try await world.attend() == [.leaseExpired, .attemptGivenUp])
        let recoveries = try await world.current().recoveries
        #expect(recoveries.map(\.cause) == [.runEnded] && recoveries[0].evidence == "exit 0")
    }

    @Test("where nobody can say whether another one lives, the end of the run that is noted is no evidence")
    func displacedRunUnknown() async throws {
        let tier = listed(isNotedFirst: true, other: .running) { operation in
            operation == "find" ? TierError(.unreachable, "no route") : nil
        }
        let world = try await displaced(tier)
        #expect(try await world.attend() == [.leaseExpired, .tierUnreachable])
        #expect(try await world.current().phase == .running)
    }

    @Test("never asks while the heartbeat is fresh")
    func fresh() async throws {
        let world = try await expired()
        try await world.heartbeat()
        world.tier.set(.gone, of: world.tier.started[0].handle)
        for _ in 0..<59 {
            world.clock.advance(by: .seconds(1))
            #expect(try await world.controller().attend(world.job.id).decisions == [.leaseFresh])
        }
        #expect(world.tier.callCount("inspect") == 0)
        #expect(try await world.current().phase == .running)
    }

    @Test("takes an unreachable tier for no evidence until it was silent for a whole lease")
    func unreachable() async throws {
        let world = try await expired(
            ScriptedTier { operation, _ in
                operation == "inspect" ? .before(TierError(.unreachable, "no route")) : nil
            }
        )
        for look in 0..<6 {
            let outcome = try await world.controller().attend(world.job.id)
            #expect(outcome.decisions == [.leaseExpired, .tierUnreachable])
            #expect(outcome.job.phase == .running)
            #expect(outcome.tryAgainSeconds == 60 - 10 * look)
            world.clock.advance(by: .seconds(10))
        }
        let over = try await world.controller().attend(world.job.id)
        #expect(over.decisions == [.leaseExpired, .attemptGivenUp])
        #expect(over.job.recoveries.map(\.cause) == [.silent])
    }

    @Test("a tier that may not be asked is silent as well, and the document says why")
    func forbidden() async throws {
        let world = try await expired(
            ScriptedTier { operation, _ in
                operation == "inspect" ? .before(TierError(.permissionDenied, "no role")) : nil
            }
        )
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.decisions == [.leaseExpired, .tierUnreachable])
        #expect(outcome.job.phase == .running)
        #expect(outcome.job.problem?.code == "permission_denied")
        #expect(outcome.problem == "permission_denied: no role")
        #expect(outcome.tryAgainSeconds == 60)
        world.clock.advance(by: .seconds(60))
        let over = try await world.controller().attend(world.job.id)
        #expect(over.decisions == [.leaseExpired, .attemptGivenUp])
        #expect(over.job.recoveries.map(\.cause) == [.silent])
    }

    @Test("writes nothing while it waits for an unreachable tier")
    func quiet() async throws {
        let world = try await expired(
            ScriptedTier { operation, _ in
                operation == "inspect" ? .before(TierError(.unreachable, "no route")) : nil
            }
        )
        _ = try await world.controller().attend(world.job.id)
        let writes = world.documents.history(of: world.job.path).count
        world.clock.advance(by: .seconds(10))
        _ = try await world.controller().attend(world.job.id)
        #expect(world.documents.history(of: world.job.path).count == writes)
    }

    @Test("finds a run by its name where no handle was written")
    func withoutHandle() async throws {
        let world = try await JobWorld()
        _ = try await world.ledger.apply(world.lookOfTheDead, to: world.job.id)
        let handle = try await world.tier.launch(world.order(attempt: 1))
        world.tier.set(.running, of: handle)
        try await world.heartbeat()
        world.clock.advance(by: .seconds(60))
        let outcome = try await world.controller().attend(world.job.id)
        #expect(outcome.decisions == [.leaseExpired, .runLaunched, .leaseExpired, .leaseExtended])
        #expect(outcome.job.handle == handle)
        #expect(world.tier.callCount("launch") == 1)
    }

    @Test("waits for a trainer that is asked to stop, and stops its run where it does not")
    func cancelTrained() async throws {
        let world = try await JobWorld()
        try await world.attend()
        try await world.heartbeat()
        try await world.set("cancel_requested", .boolean(true))
        let asked = try await world.controller(seed: 1).attend(world.job.id)
        #expect(asked.decisions == [.stopRequested])
        #expect(asked.tryAgainSeconds == 60)
        #expect(asked.job.stopReason == .cancelled)
        #expect(world.tier.started.map(\.isCancelled) == [false])
        for _ in 0..<5 {
            world.clock.advance(by: .seconds(30))
            #expect(try await world.heartbeat() == .stopRequested)
        }
        #expect(try await world.attend() == [.failed])
        #expect(try await world.current().failure?.code == .cancelled)
        #expect(world.tier.started.map(\.isCancelled) == [true])
    }

    @Test("stops the run of a cancelled job that nobody trains yet")
    func cancel() async throws {
        let world = try await JobWorld()
        _ = try await world.controller().attend(world.job.id)
        try await world.set("cancel_requested", .boolean(true))
        let outcome = try await world.controller(seed: 1).attend(world.job.id)
        #expect(outcome.decisions == [.failed])
        #expect(outcome.job.failure?.code == .cancelled)
        #expect(world.tier.started.map(\.isCancelled) == [true])
        #expect(try await world.heartbeat() == .terminal)
    }
}

import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The sweep and the specs of jobs that are over")
struct SweeperStartObjectTests {
    private func put(_ world: JobWorld, attempts: ClosedRange<Int>) async throws -> [ObjectName] {
        var names: [ObjectName] = []
        for attempt in attempts {
            let name = Sample.layout.spec(jobID: world.job.id, attempt: attempt)
            _ = try await world.objects.create(name, [1], contentType: "application/json")
            names.append(name)
        }
        return names
    }

    private func isThere(_ name: ObjectName, _ world: JobWorld) async -> Bool {
        (try? await world.objects.metadata(of: name)) != nil
    }

    @Test("removes them after the farewell, and no others", arguments: [Job.Phase.completed, .failed])
    func removes(phase: Job.Phase) async throws {
        let world = try await JobWorld(job: Sample.job(phase, attempt: 2))
        let specs = try await put(world, attempts: 1...2)
        let checkpoint = Sample.layout.checkpoint(jobID: world.job.id, step: 7, name: "state")
        _ = try await world.objects.create(checkpoint, [1], contentType: "application/octet-stream")
        world.clock.advance(by: .seconds(Sweeper.farewellSeconds - 1))
        #expect(try await world.sweeper.sweep().removed.isEmpty)
        world.clock.advance(by: .seconds(1))
        #expect(try await world.sweeper.sweep(isDryRun: true).removed == specs)
        for spec in specs { #expect(await isThere(spec, world)) }
        #expect(try await world.sweeper.sweep().removed == specs)
        for spec in specs { #expect(await !isThere(spec, world)) }
        #expect(await isThere(checkpoint, world))
        #expect(try await world.sweeper.sweep().removed.isEmpty)
    }

    @Test("never removes those of a job that lives", arguments: [Job.Phase.pending, .launching, .launched, .running])
    func keeps(phase: Job.Phase) async throws {
        let lease = Job.Lease(holder: "x", expiresAt: Sample.now + .seconds(1_000_000))
        let world = try await JobWorld(job: Sample.job(phase, attempt: 2, lease: phase == .pending ? nil : lease))
        let specs = try await put(world, attempts: 1...2)
        world.clock.advance(by: .seconds(100_000))
        #expect(try await world.sweeper.sweep(isDryRun: true).removed.isEmpty)
        for spec in specs { #expect(await isThere(spec, world)) }
    }

    @Test("keeps those whose document cannot be read, removes those that have none")
    func withoutDocument() async throws {
        let world = try await JobWorld(job: Sample.job(.running, attempt: 1))
        let broken: [String: DocumentValue] = ["status": .string("completed")]
        _ = try await world.documents.base.commit([.create(Job.path(of: "job-broken"), broken)])
        let names = ["job-broken", "job-none"].map { Sample.layout.spec(jobID: $0, attempt: 1) }
        for name in names { _ = try await world.objects.create(name, [1], contentType: "application/json") }
        #expect(try await world.sweeper.sweep(isDryRun: true).removed == [names[1]])
    }

    @Test("a job that was opened anew writes its own")
    func reopened() async throws {
        let world = try await JobWorld()
        try await world.attend()
        try await world.heartbeat()
        let failed = JobInput.failed(attempt: 1, runner: Sample.runner, Job.Failure(.diverged, "x"))
        _ = try await world.ledger.apply(failed, to: world.job.id)
        world.clock.advance(by: .seconds(Sweeper.farewellSeconds + 1))
        #expect(try await world.sweeper.sweep().removed == [world.order(attempt: 1).spec])
        _ = try await world.ledger.apply(.retried(tier: nil, spendMaxUSD: nil), to: world.job.id)
        try await world.attend()
        #expect(await isThere(world.order(attempt: 2).spec, world))
        #expect(try await world.sweeper.sweep().removed.isEmpty)
    }
}

import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The sweep")
struct SweeperTests {
    let clock = ManualClock(Sample.now)

    /// A job as the sweep finds it, and whether it is due.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let phase: Job.Phase
        /// Seconds from now to the end of the lease; nil: there is none.
        var lease: Int?
        /// Seconds since the last change.
        var age = 0
        var isCancelled = false
        /// Seconds from now to the time by which the trainer is to have stopped.
        var stop: Int?
        /// Whether a run is still to be given back.
        var hasRun = false
        /// Seconds from now to the time before which nothing is launched.
        var wait: Int?
        let isDue: Bool

        var testDescription: String { name }

        var job: Job {
            let lease = lease.map { Job.Lease(holder: "dead", expiresAt: Sample.now + .seconds($0)) }
            var job = Sample.job(phase, attempt: phase == .pending && !hasRun ? 0 : 1, lease: lease)
            job.updatedAt = Sample.now - .seconds(age)
            job.cancelRequested = isCancelled
            job.stopBy = stop.map { Sample.now + .seconds($0) }
            job.notBefore = wait.map { Sample.now + .seconds($0) }
            if hasRun { job.handle = "run-1" }
            job.isReleasing = hasRun
            return job
        }
    }

    static let rows = [
        Row(name: "just opened: its event comes", phase: .pending, age: 29, isDue: false),
        Row(name: "opened, and its event got lost", phase: .pending, age: 30, isDue: true),
        Row(name: "waits for capacity", phase: .pending, age: 999, wait: 1, isDue: false),
        Row(name: "has waited for capacity", phase: .pending, age: 999, wait: 0, isDue: true),
        Row(name: "a run is to be given back", phase: .pending, hasRun: true, isDue: true),
        Row(name: "a run is to be given back meanwhile", phase: .pending, hasRun: true, wait: 99, isDue: true),
        Row(name: "launcher at work", phase: .launching, lease: 1, isDue: false),
        Row(name: "launcher lost", phase: .launching, lease: 0, isDue: true),
        Row(name: "run starting: its limits count", phase: .launched, lease: 1, isDue: true),
        Row(name: "run that never reported", phase: .launched, lease: -1, isDue: true),
        Row(name: "trainer alive: its limits count", phase: .running, lease: 1, age: 999, isDue: true),
        Row(name: "trainer silent", phase: .running, lease: 0, isDue: true),
        Row(name: "trainer alive, job cancelled", phase: .running, lease: 1, isCancelled: true, isDue: true),
        Row(name: "asked to stop", phase: .running, lease: 9, age: 40, isCancelled: true, stop: 1, isDue: false),
        Row(name: "asked to stop at its deadline", phase: .running, lease: 9, age: 40, stop: 1, isDue: false),
        Row(name: "did not stop", phase: .running, lease: 9, isCancelled: true, stop: 0, isDue: true),
        Row(name: "asked to stop, and silent", phase: .running, lease: 0, isCancelled: true, stop: 9, isDue: true),
        Row(name: "completed", phase: .completed, age: 999, isDue: false),
        Row(name: "failed", phase: .failed, age: 999, isCancelled: true, isDue: false),
    ]

    @Test("looks at the jobs that are due, and at no others", arguments: rows)
    func due(row: Row) async throws {
        let world = try await JobWorld(clock: clock, job: row.job)
        let report = try await world.sweeper.sweep()
        #expect(report.jobs.map(\.jobID) == (row.isDue ? [row.job.id] : []))
        #expect(report.jobs.allSatisfy { !$0.decisions.isEmpty })
        #expect(report.failures.isEmpty)
        if !row.isDue { #expect(try await world.current() == row.job) }
    }

    @Test("only says what it would do when asked to", arguments: rows)
    func dryRun(row: Row) async throws {
        let world = try await JobWorld(clock: clock, job: row.job)
        let report = try await world.sweeper.sweep(isDryRun: true)
        #expect(report.jobs.map(\.jobID) == (row.isDue ? [row.job.id] : []))
        #expect(try await world.current() == row.job)
        #expect(world.tier.started.isEmpty)
    }

    @Test("goes on past a job that cannot be read")
    func malformed() async throws {
        let world = try await JobWorld(clock: clock, job: Self.rows[1].job)
        let broken: [String: DocumentValue] = ["status": .string("pending")]
        _ = try await world.documents.base.commit([.create(Job.path(of: "job-broken"), broken)])
        let report = try await world.sweeper.sweep()
        #expect(report.jobs.map(\.decisions) == [[.attemptClaimed, .runLaunched]])
        #expect(report.failures.map(\.subject) == ["job-broken"])
        #expect(report.failures[0].message.contains("/training_jobs/job-broken/"))
    }

    @Test("ends a silent run that has cost what it may")
    func spendCap() async throws {
        var job = Sample.job()
        job.config.spendMaxUSD = 1
        let world = try await JobWorld(clock: clock, ladder: "scripted/-/small", job: job)
        try await world.attend()
        try await world.heartbeat()
        let run = try #require(world.tier.started.first)
        #expect(run.order.runSecondsMax == 1680 && run.order.machineSecondsMax == 1800)
        world.tier.set(.running, of: run.handle)
        clock.advance(by: .seconds(1799))
        #expect(try await world.sweeper.sweep().jobs.map(\.decisions) == [[.leaseExpired, .leaseExtended]])
        clock.advance(by: .seconds(1))
        #expect(try await world.sweeper.sweep().jobs.map(\.decisions) == [[.failed]])
        #expect(try await world.current().failure?.code == .spendCapReached)
        #expect(world.tier.started.map(\.isCancelled) == [true])
    }

    @Test("brings a lost trainer's job back")
    func lostTrainer() async throws {
        let world = try await JobWorld(clock: clock)
        _ = try await world.controller().attend(world.job.id)
        try await world.heartbeat()
        world.tier.set(.ended(detail: "exit 137"), of: world.tier.started[0].handle)
        clock.advance(by: .seconds(60))
        #expect(try await world.sweeper.sweep().jobs.map(\.decisions) == [[.leaseExpired, .attemptGivenUp]])
        let next: [JobDecision] = [.runReleasing, .runReleased, .attemptClaimed, .runLaunched]
        #expect(try await world.sweeper.sweep().jobs.map(\.decisions) == [next])
        #expect(world.tier.started.map(\.order) == [world.order(attempt: 1), world.order(attempt: 2)])
    }
}

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
        let isDue: Bool

        var testDescription: String { name }

        var job: Job {
            let lease = lease.map { Job.Lease(holder: "dead", expiresAt: Sample.now + .seconds($0)) }
            var job = Sample.job(phase, attempt: phase == .pending ? 0 : 1, lease: lease)
            job.updatedAt = Sample.now - .seconds(age)
            job.cancelRequested = isCancelled
            return job
        }
    }

    static let rows = [
        Row(name: "just opened: its event comes", phase: .pending, age: 29, isDue: false),
        Row(name: "opened, and its event got lost", phase: .pending, age: 30, isDue: true),
        Row(name: "launcher at work", phase: .launching, lease: 1, isDue: false),
        Row(name: "launcher lost", phase: .launching, lease: 0, isDue: true),
        Row(name: "run starting", phase: .launched, lease: 1, isDue: false),
        Row(name: "run that never reported", phase: .launched, lease: -1, isDue: true),
        Row(name: "trainer alive", phase: .running, lease: 1, age: 999, isDue: false),
        Row(name: "trainer silent", phase: .running, lease: 0, isDue: true),
        Row(name: "trainer alive, job cancelled", phase: .running, lease: 1, isCancelled: true, isDue: true),
        Row(name: "completed", phase: .completed, age: 999, isDue: false),
        Row(name: "failed", phase: .failed, age: 999, isCancelled: true, isDue: false),
    ]

    private func sweeper(_ world: JobWorld) -> Sweeper {
        Sweeper(
            objects: world.objects,
            layout: Sample.layout,
            documents: world.documents,
            controller: world.controller(),
            clock: clock
        )
    }

    @Test("looks at the jobs that are due, and at no others", arguments: rows)
    func due(row: Row) async throws {
        let world = try await JobWorld(clock: clock, job: row.job)
        let report = try await sweeper(world).sweep()
        #expect(report.jobs.map(\.jobID) == (row.isDue ? [row.job.id] : []))
        #expect(report.jobs.allSatisfy { !$0.decisions.isEmpty })
        #expect(report.failures.isEmpty)
        if !row.isDue { #expect(try await world.current() == row.job) }
    }

    @Test("only says what it would do when asked to", arguments: rows)
    func dryRun(row: Row) async throws {
        let world = try await JobWorld(clock: clock, job: row.job)
        let report = try await sweeper(world).sweep(isDryRun: true)
        #expect(report.jobs.map(\.jobID) == (row.isDue ? [row.job.id] : []))
        #expect(try await world.current() == row.job)
        #expect(world.tier.runs.isEmpty)
    }

    @Test("goes on past a job that cannot be read")
    func malformed() async throws {
        let world = try await JobWorld(clock: clock, job: Self.rows[1].job)
        let broken: [String: DocumentValue] = ["status": .string("pending")]
        _ = try await world.documents.base.commit([.create(Job.path(of: "job-broken"), broken)])
        let report = try await sweeper(world).sweep()
        #expect(report.jobs.map(\.decisions) == [[.attemptClaimed, .runLaunched]])
        #expect(report.failures.map(\.jobID) == ["job-broken"])
        #expect(report.failures[0].message.contains("/training_jobs/job-broken/"))
    }

    @Test("brings a lost trainer's job back")
    func lostTrainer() async throws {
        let world = try await JobWorld(clock: clock)
        _ = try await world.controller().attend(world.job.id)
        _ = try await world.ledger.apply(.heartbeat(attempt: 1, progress: nil), to: world.job.id)
        world.tier.set(.ended(detail: "exit 137"), of: world.tier.runs[0].handle)
        clock.advance(by: .seconds(60))
        #expect(try await sweeper(world).sweep().jobs.map(\.decisions) == [[.leaseExpired, .attemptGivenUp]])
        clock.advance(by: .seconds(30))
        #expect(try await sweeper(world).sweep().jobs.map(\.decisions) == [[.attemptClaimed, .runLaunched]])
        #expect(world.tier.runs.map(\.order) == [world.order(attempt: 1), world.order(attempt: 2)])
    }

    @Test("makes the event of a package again that was never judged", arguments: [false, true])
    func unjudged(isComplete: Bool) async throws {
        let world = try await JobWorld(clock: clock)
        let place = PackageLocation(
            bucket: Sample.layout.stagingBucket,
            robotID: "robot-1",
            packageID: PackageID.prefix + String(repeating: "a", count: PackageID.digitCount)
        )
        let names = [PackageLocation.manifestName] + (isComplete ? ["archive.zip"] : [])
        for name in names { _ = try await world.objects.create(place.object(name), [1], contentType: "text/plain") }
        let manifest = place.object(PackageLocation.manifestName)
        let first = try await world.objects.metadata(of: manifest).generation

        clock.advance(by: .seconds(Sweeper.unjudgedSeconds - 1))
        #expect(try await sweeper(world).sweep().announced.isEmpty)
        clock.advance(by: .seconds(1))
        #expect(try await sweeper(world).sweep(isDryRun: true).announced == (isComplete ? [manifest] : []))
        #expect(try await world.objects.metadata(of: manifest).generation == first)
        #expect(try await sweeper(world).sweep().announced == (isComplete ? [manifest] : []))
        #expect(try await (world.objects.metadata(of: manifest).generation > first) == isComplete)
        #expect(try await sweeper(world).sweep().announced.isEmpty)
    }

    @Test("leaves a package alone that was judged")
    func judged() async throws {
        let intake = IntakeWorld()
        let upload = try Upload()
        try await intake.put(upload)
        _ = try await intake.intake.judge(upload.manifestObject)
        let world = try await JobWorld(clock: clock, objects: intake.objects)
        clock.advance(by: .seconds(Sweeper.unjudgedSeconds))
        #expect(try await sweeper(world).sweep().announced.isEmpty)
    }
}

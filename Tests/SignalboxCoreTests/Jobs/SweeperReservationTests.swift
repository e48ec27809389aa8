import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@Suite("The sweep and models that nobody will publish")
struct SweeperReservationTests {
    /// What the document says that the reservation's job came to.
    struct Row: Sendable, CustomTestStringConvertible {
        let phase: Job.Phase
        var attempt = 1
        var age = Sweeper.farewellSeconds
        let isRemoved: Bool

        var testDescription: String { "\(phase.rawValue), attempt \(attempt), \(age) s ago" }

        var job: Job {
            let isHeld = [.launching, .launched, .running].contains(phase)
            let lease = isHeld ? Job.Lease(holder: Sample.runner, expiresAt: Sample.now + .seconds(1_000_000)) : nil
            var job = Sample.job(phase, attempt: attempt, lease: lease)
            job.updatedAt = Sample.now - .seconds(age)
            job.failure = phase == .failed ? Job.Failure(.diverged, "x") : nil
            return job
        }
    }

    static let rows = [
        Row(phase: .failed, isRemoved: true), Row(phase: .completed, attempt: 2, isRemoved: true),
        Row(phase: .failed, age: Sweeper.farewellSeconds - 1, isRemoved: false), Row(phase: .running, isRemoved: false),
        Row(phase: .running, attempt: 2, isRemoved: false), Row(phase: .pending, isRemoved: false),
    ]

    /// A job's first attempt has reserved a version and stored a file of it.
    private func reserve(_ world: JobWorld, publishing: Bool = false) async throws -> ObjectName {
        let registry = ModelRegistry(documents: world.documents, clock: world.clock)
        var job = world.job
        job.attempt = 1
        let version = try await registry.reserve("reach", environmentID: "kitchen", spec: JobSpec(job: job))
        let file = Sample.layout.model("reach", version: version, file: "model.json")
        _ = try await world.objects.create(file, [1], contentType: "application/json")
        var result = Sample.result
        result.modelVersion = version
        if publishing { _ = try await world.documents.commit(try await registry.publication(of: result)) }
        return file
    }

    private func isThere(_ file: ObjectName, _ world: JobWorld) async throws -> Bool {
        try await world.objects.metadataIfPresent(of: file) != nil
    }

    private func isReserved(_ world: JobWorld) async throws -> Bool {
        try await world.documents.get("models/reach/versions/v1") != nil
    }

    @Test("removes the files of jobs that are over, and the version when none can come any more", arguments: rows)
    func removes(row: Row) async throws {
        let world = try await JobWorld(job: row.job)
        let file = try await reserve(world)
        let dry = try await world.sweeper.sweep(isDryRun: true)
        #expect(dry.reservations.map(\.version) == (row.isRemoved ? [1] : []))
        #expect(try await isThere(file, world))
        #expect(try await world.sweeper.sweep().reservations == dry.reservations)
        #expect(try await isThere(file, world) == !row.isRemoved)
        #expect(try await isReserved(world))
        #expect(try await world.sweeper.sweep().reservations.isEmpty)
        if row.isRemoved { try await removesLate(file, world, after: row.age) }
        // The number is not given twice.
        let registry = ModelRegistry(documents: world.documents, clock: world.clock)
        var other = Sample.job(.running, attempt: 3)
        other.id = "job-other"
        #expect(try await registry.reserve("reach", environmentID: "kitchen", spec: JobSpec(job: other)) == 2)
    }

    /// A trainer that stood still while it uploaded comes back.
    private func removesLate(_ file: ObjectName, _ world: JobWorld, after age: Int) async throws {
        world.clock.advance(by: .seconds(Sweeper.reservationSeconds - age - 1))
        _ = try await world.objects.create(file, [1], contentType: "application/json")
        #expect(try await world.sweeper.sweep().reservations.map(\.version) == [1])
        #expect(try await isThere(file, world) == false)
        #expect(try await isReserved(world))
        world.clock.advance(by: .seconds(1))
        #expect(try await world.sweeper.sweep().reservations.map(\.version) == [1])
        #expect(try await isReserved(world) == false)
        #expect(try await world.sweeper.sweep().reservations.isEmpty)
    }

    @Test("leaves alone what is published")
    func keeps() async throws {
        let world = try await JobWorld(job: Self.rows[0].job)
        let published = try await reserve(world, publishing: true)
        world.clock.advance(by: .seconds(Sweeper.reservationSeconds))
        #expect(try await world.sweeper.sweep().reservations.isEmpty)
        #expect(try await isThere(published, world))
        #expect(try await isReserved(world))
    }

    @Test("takes a job whose document was deleted for over")
    func deleted() async throws {
        let world = try await JobWorld(job: Self.rows[3].job)
        let file = try await reserve(world)
        _ = try await world.documents.commit([.delete(world.job.path, if: .exists(true))])
        world.clock.advance(by: .seconds(Sweeper.farewellSeconds - 1))
        #expect(try await world.sweeper.sweep().reservations.isEmpty)
        // The store's times strictly advance, so the reservation is a little younger than this.
        world.clock.advance(by: .seconds(2))
        #expect(try await world.sweeper.sweep().reservations.map(\.version) == [1])
        #expect(try await isThere(file, world) == false)
        world.clock.advance(by: .seconds(Sweeper.reservationSeconds))
        #expect(try await world.sweeper.sweep().reservations.map(\.version) == [1])
        #expect(try await isReserved(world) == false)
    }
}

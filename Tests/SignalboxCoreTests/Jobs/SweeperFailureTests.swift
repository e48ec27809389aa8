import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("The sweep and what it cannot do")
struct SweeperFailureTests {
    private typealias Failure = Sweeper.Report.Failure

    /// What an object under a hold or a retention policy is answered with.
    private static let held = StoreError(.permissionDenied, "the object is under an active hold")
    private static let away = StoreError(.unavailable, "no route")

    /// A job that is due, one that has long been over and left a spec, and what else a test needs.
    private func world(
        documents: ObservedDocuments? = nil,
        others: [any ComputeTier] = [],
        due: Job? = nil
    ) async throws -> (JobWorld, over: [ObjectName]) {
        var job = due ?? Sample.job()
        job.updatedAt = Sample.now - .seconds(Sweeper.pendingSeconds)
        let world = try await JobWorld(documents: documents, others: others, ladder: "scripted", job: job)
        var specs: [ObjectName] = []
        for number in 1...2 {
            var over = Sample.job(.failed, attempt: 1)
            over.id = "job-over-\(number)"
            over.updatedAt = Sample.now - .seconds(Sweeper.farewellSeconds)
            _ = try await world.documents.base.commit([.create(over.path, over.fields)])
            specs.append(Sample.layout.spec(jobID: over.id, attempt: 1))
        }
        for spec in specs { _ = try await world.objects.create(spec, [1], contentType: "application/json") }
        return (world, specs)
    }

    private func store(
        _ world: JobWorld,
        failing call: ObservedObjectStore.Call,
        with error: StoreError
    ) -> ObservedObjectStore {
        ObservedObjectStore(
            world.objects,
            willCall: { (found: ObservedObjectStore.Call) async throws(StoreError) in
                if found == call { throw error }
            }
        )
    }

    /// Documents of which the first call of an operation fails.
    private func documents(failing operation: String, with error: StoreError = away) -> ObservedDocuments {
        let isFirst = Mutex(true)
        return ObservedDocuments(clock: ManualClock(Sample.now)) { found in
            guard found == operation else { return nil }
            return isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst ? .before(error) : nil
            }
        }
    }

    private static let launched: [JobDecision] = [.attemptClaimed, .runLaunched]

    @Test("an object that cannot be deleted stops nothing else, now or later")
    func undeletable() async throws {
        let (world, over) = try await world()
        let objects = store(world, failing: .delete(over[0]), with: Self.held)
        let sweeper = world.sweeper(objects: objects)
        let report = try await sweeper.sweep()
        #expect(report.jobs.map(\.decisions) == [Self.launched])
        #expect(report.removed == [over[1]])
        #expect(report.failures == [Failure(subject: over[0].uri, Self.held)])
        #expect(report.failures[0].message.hasPrefix("permission_denied: "))
        // Nobody but people can help: to come again soon would not.
        #expect(report.transientCode == nil)
        let next = try await sweeper.sweep()
        #expect(next.failures == report.failures && next.removed.isEmpty)
    }

    @Test("a model's file that cannot be deleted leaves its version, and stops nothing else")
    func undeletableModel() async throws {
        let (world, over) = try await world()
        let registry = ModelRegistry(documents: world.documents, clock: world.clock)
        var files: [ObjectName] = []
        for number in 1...2 {
            var job = Sample.job(.running, attempt: 1)
            job.id = "job-over-\(number)"
            let version = try await registry.reserve("reach", environmentID: "kitchen", spec: JobSpec(job: job))
            files.append(Sample.layout.model("reach", version: version, file: "model.json"))
            _ = try await world.objects.create(files[number - 1], [1], contentType: "application/json")
        }
        let objects = store(world, failing: .delete(files[0]), with: Self.held)
        let report = try await world.sweeper(objects: objects).sweep()
        #expect(report.removed == over)
        #expect(report.reservations.map(\.version) == [2])
        let folder = Sample.layout.model("reach", version: 1, file: "")
        #expect(report.failures == [Failure(subject: folder.uri, Self.held)])
        #expect(try await world.objects.metadataIfPresent(of: files[0]) != nil)
        #expect(try await world.objects.metadataIfPresent(of: files[1]) == nil)
    }

    @Test("start-up objects that cannot be listed keep no job waiting, and are told of as to be tried again")
    func unlisted() async throws {
        let (world, _) = try await world()
        let objects = store(world, failing: .list(prefix: Sample.layout.jobs), with: Self.away)
        let report = try await world.sweeper(objects: objects).sweep()
        #expect(report.jobs.map(\.decisions) == [Self.launched])
        #expect(report.failures.map(\.subject) == ["gs://training/\(Sample.layout.jobs)"])
        #expect(report.transientCode == .unavailable)
    }

    @Test("jobs of a status that cannot be asked for hide no others")
    func unasked() async throws {
        let lease = Job.Lease(holder: Sample.runner, expiresAt: Sample.now)
        let due = Sample.job(.running, attempt: 1, lease: lease)
        let (world, over) = try await world(documents: documents(failing: "query"), due: due)
        let report = try await world.sweeper.sweep()
        #expect(report.failures == [Failure(subject: "training_jobs that are pending", Self.away)])
        #expect(report.jobs.map(\.jobID) == [world.job.id])
        #expect(report.removed == over)
    }

    @Test("a run whose job cannot be asked is left alone, and no other")
    func unknownRun() async throws {
        let runs = (1...2).map { attempt in
            TierRun(
                name: RunOrder.name(jobID: "job-over-1", attempt: attempt),
                handle: "a\(attempt)",
                state: .ended(detail: "")
            )
        }
        let tier = ListedTier(runs)
        let (world, over) = try await world(documents: documents(failing: "read", with: Self.held), others: [tier])
        let report = try await world.sweeper.sweep()
        #expect(report.failures == [Failure(subject: runs[0].name, Self.held)])
        #expect(tier.cancelled == ["a2"])
        #expect(report.jobs.map(\.decisions) == [Self.launched])
        #expect(report.removed == over)
    }

    @Test("documents that are away are asked once for each part, however much there is to ask for")
    func away() async throws {
        let runs = (1...9).map { attempt in
            TierRun(
                name: RunOrder.name(jobID: "job-over-1", attempt: attempt),
                handle: "a\(attempt)",
                state: .running
            )
        }
        let (tier, reads) = (ListedTier(runs), Counter())
        let documents = ObservedDocuments(clock: ManualClock(Sample.now)) { found in
            guard found == "read" else { return nil }
            reads.add()
            return .before(Self.away)
        }
        let (world, _) = try await world(documents: documents, others: [tier])
        let report = try await world.sweeper.sweep()
        #expect(report.transientCode == .unavailable)
        #expect(report.removed.isEmpty && tier.cancelled.isEmpty)
        // Of a run, of a due job, of the start-up objects.
        #expect(reads.count == 3 && report.failures.count == 3)
    }

    @Test("a job whose document cannot be read is one failure, and told of as to be tried again")
    func unreadJob() async throws {
        let (world, over) = try await world(documents: documents(failing: "read"))
        let report = try await world.sweeper.sweep()
        #expect(report.jobs.isEmpty)
        #expect(report.failures == [Failure(subject: world.job.id, Self.away)])
        #expect(report.transientCode == .unavailable)
        #expect(report.removed == over)
    }

    @Test("a sweep that is cut off ends")
    func cutOff() async throws {
        let (world, over) = try await world()
        let objects = store(world, failing: .delete(over[0]), with: StoreError(.cancelled, "cut off"))
        do throws(StoreError) {
            let report = try await world.sweeper(objects: objects).sweep()
            Issue.record("it went on: \(report)")
        } catch {
            #expect(error.code == .cancelled)
        }
    }

    @Test("a pending job does not wait for the silent tier that it was on before", arguments: [0, 60])
    func silentTierOfThePast(seconds: Int) async throws {
        let silent = ScriptedTier(name: "silent") { _, _ in .before(TierError(.unreachable, "no route")) }
        var due = Sample.job(.pending, attempt: 1)
        due.placement?.place = Place(tier: silent.name)
        let (world, _) = try await world(others: [silent], due: due)
        let lease = Job.Lease(holder: Sample.runner, expiresAt: Sample.now)
        for number in 1...2 {
            var lost = Sample.job(.running, attempt: 1, lease: lease)
            lost.id = "job-lost-\(number)"
            lost.placement?.place = Place(tier: silent.name)
            _ = try await world.documents.base.commit([.create(lost.path, lost.fields)])
        }
        // Whose turn it is first changes with the time.
        world.clock.advance(by: .seconds(seconds))
        let report = try await world.sweeper.sweep()
        #expect(report.jobs.first { $0.jobID == due.id }?.decisions == Self.launched)
        #expect(report.jobs.map(\.jobID).count { $0.hasPrefix("job-lost-") } == 1)
    }
}

/// How often something happened.
private final class Counter: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    func add() { state.withLock { $0 += 1 } }
}

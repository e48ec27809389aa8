import SignalboxCore
import SignalboxTesting
import Synchronization
import Testing
import Wire

@Suite("The sweep and runs that no job wants")
struct SweeperOrphanTests {
    /// A run of a job in a phase, and whether the job wants it.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let phase: Job.Phase
        /// The run's attempt; the job's is 2.
        var attempt = 2
        /// What the tier calls it; the job's document knows `run`.
        var handle = "run"
        /// Whether the document knows a handle.
        var isKnown = true
        var state = RunState.running
        /// Seconds since the job's last change.
        var age = 0
        var failure: JobFailureCode?
        /// Seconds from now to the time by which its trainer was to stop.
        var stop: Int?
        let isOrphan: Bool

        var testDescription: String { name }

        var job: Job {
            let isHeld = [.launching, .launched, .running].contains(phase)
            let lease = isHeld ? Job.Lease(holder: "x", expiresAt: Sample.now + .seconds(1)) : nil
            var job = Sample.job(phase, attempt: 2, lease: lease)
            job.handle = isKnown ? "run" : nil
            job.isReleasing = phase == .pending && isKnown
            job.updatedAt = Sample.now - .seconds(age)
            job.failure = failure.map { Job.Failure($0, "") }
            job.stopBy = stop.map { Sample.now + .seconds($0) }
            return job
        }

        var run: TierRun {
            TierRun(name: RunOrder.name(jobID: Sample.job().id, attempt: attempt), handle: handle, state: state)
        }
    }

    static let rows = [
        Row(name: "of a job that runs", phase: .running, isOrphan: false),
        Row(name: "of a job that runs, over", phase: .running, state: .ended(detail: "exit 1"), isOrphan: false),
        Row(name: "second run of one attempt", phase: .running, handle: "other", isOrphan: false),
        Row(name: "first run of an attempt, not noted yet", phase: .running, isKnown: false, isOrphan: false),
        Row(name: "of an earlier attempt", phase: .running, attempt: 1, isOrphan: true),
        Row(name: "of an earlier attempt, launched", phase: .launched, attempt: 1, isOrphan: true),
        Row(name: "second run of a launched attempt", phase: .launched, handle: "other", isOrphan: false),
        Row(name: "of a launch under way", phase: .launching, isKnown: false, isOrphan: false),
        Row(name: "of an attempt before the launch", phase: .launching, attempt: 1, isOrphan: true),
        Row(name: "given up, and to be given back", phase: .pending, isOrphan: false),
        Row(name: "given up, the second run", phase: .pending, handle: "other", isOrphan: true),
        Row(name: "given up as gone, yet there", phase: .pending, isKnown: false, isOrphan: true),
        Row(name: "of an attempt before the given-up one", phase: .pending, attempt: 1, isOrphan: true),
        Row(name: "just completed: it may say farewell", phase: .completed, age: 119, isOrphan: false),
        Row(name: "completed, and lingers", phase: .completed, age: 120, isOrphan: true),
        Row(name: "completed and over", phase: .completed, state: .ended(detail: ""), isOrphan: true),
        Row(name: "completed by a later attempt", phase: .completed, attempt: 1, isOrphan: true),
        Row(name: "just failed", phase: .failed, failure: .diverged, isOrphan: false),
        Row(name: "failed, and lingers", phase: .failed, age: 120, failure: .diverged, isOrphan: true),
        Row(name: "just cancelled", phase: .failed, failure: .cancelled, isOrphan: true),
        Row(name: "cancelled, and may say farewell", phase: .failed, failure: .cancelled, stop: 1, isOrphan: false),
        Row(name: "cancelled, and did not stop", phase: .failed, failure: .cancelled, stop: 0, isOrphan: true),
    ]

    private func world(_ tier: ListedTier, _ job: Job) async throws -> JobWorld {
        // The job's own tier is configured too: what the sweep does for the job finds nothing there.
        try await JobWorld(others: [tier], job: job)
    }

    @Test("cancels those and no others", arguments: rows)
    func orphans(row: Row) async throws {
        let tier = ListedTier([row.run])
        let world = try await world(tier, row.job)
        let dry = try await world.sweeper.sweep(isDryRun: true)
        #expect(dry.orphans == (row.isOrphan ? [row.run] : []))
        #expect(tier.cancelled.isEmpty)
        #expect(try await world.current() == row.job)
        // A pending job is moved on by the same sweep: its runs are judged as the next attempt's elders then.
        guard row.phase != .pending else { return }
        let report = try await world.sweeper.sweep()
        #expect(report.orphans == dry.orphans)
        #expect(tier.cancelled == dry.orphans.map(\.handle))
        #expect(report.failures.isEmpty)
    }

    @Test("goes by the store's time, not by its machine's", arguments: [-100_000, 100_000])
    func skewedClock(seconds: Int) async throws {
        let machine = ManualClock(Sample.now + .seconds(seconds))
        for row in Self.rows where row.phase != .pending {
            let world = try await world(ListedTier([row.run]), row.job)
            let spec = Sample.layout.spec(jobID: row.job.id, attempt: 2)
            _ = try await world.objects.create(spec, [1], contentType: "application/json")
            let skewed = try await world.sweeper(on: machine).sweep(isDryRun: true)
            let right = try await world.sweeper.sweep(isDryRun: true)
            #expect(skewed.orphans == right.orphans)
            #expect(skewed.removed == right.removed)
            #expect(skewed.jobs.map(\.jobID) == right.jobs.map(\.jobID))
        }
    }

    @Test("leaves a run alone whose job is not there, cannot be read, or that is none of ours")
    func noEvidence() async throws {
        let names = [
            RunOrder.name(jobID: "job-none", attempt: 1), RunOrder.name(jobID: "job-broken", attempt: 1),
            "signalbox-", "signalbox-job-x", "other-a1",
        ]
        let tier = ListedTier(names.map { TierRun(name: $0, handle: $0, state: .running) })
        let world = try await world(tier, Sample.job(.completed, attempt: 1))
        let broken: [String: DocumentValue] = ["status": .string("completed")]
        _ = try await world.documents.base.commit([.create(Job.path(of: "job-broken"), broken)])
        world.clock.advance(by: .seconds(100_000))
        #expect(try await world.sweeper.sweep().orphans.isEmpty)
        #expect(tier.cancelled.isEmpty)
    }

    @Test("cancels the run of a deleted job that our bucket holds the start of, and keeps that as long as the run")
    func deletedJob() async throws {
        let run = { (attempt: Int) in
            TierRun(name: RunOrder.name(jobID: "job-none", attempt: attempt), handle: "a\(attempt)", state: .running)
        }
        let tier = ListedTier([run(1), run(2)])
        let world = try await world(tier, Sample.job(.completed, attempt: 1))
        let spec = Sample.layout.spec(jobID: "job-none", attempt: 2)
        _ = try await world.objects.create(spec, [1], contentType: "application/json")
        for isDryRun in [true, false, false] {
            let report = try await world.sweeper.sweep(isDryRun: isDryRun)
            #expect(report.orphans == [run(2)])
            #expect(report.removed.isEmpty)
        }
        #expect(tier.cancelled == ["a2", "a2"])
        let silent = ListedTier([]) { $0 == "runs" ? TierError(.unreachable, "no route") : nil }
        let other = try await JobWorld(objects: world.objects, others: [silent])
        #expect(try await other.sweeper.sweep(isDryRun: true).removed.isEmpty)
        let free = try await JobWorld(objects: world.objects, others: [ListedTier([])])
        #expect(try await free.sweeper.sweep().removed == [spec])
    }

    @Test("a tier that cannot be listed is one failure, and the others go on")
    func unlisted() async throws {
        let row = Self.rows[4]
        let tier = ListedTier([row.run])
        let broken = ListedTier([], name: "broken") { $0 == "runs" ? TierError(.permissionDenied, "no role") : nil }
        let world = try await JobWorld(others: [broken, tier], job: row.job)
        let report = try await world.sweeper.sweep()
        #expect(report.failures.map(\.subject) == ["broken"])
        #expect(report.failures.map(\.message) == ["permission_denied: no role"])
        #expect(tier.cancelled == [row.run.handle])
    }

    @Test("a cancel that fails is tried again at the next sweep")
    func cancelFails() async throws {
        let row = Self.rows[4]
        let isFirst = Mutex(true)
        let tier = ListedTier([row.run]) { operation in
            guard operation == "cancel" else { return nil }
            return isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst ? TierError(.unreachable, "no route") : nil
            }
        }
        let world = try await world(tier, row.job)
        let first = try await world.sweeper.sweep()
        #expect(first.failures.map(\.subject) == [row.run.name])
        #expect(first.orphans == [row.run])
        #expect(tier.cancelled.isEmpty)
        #expect(try await world.sweeper.sweep().failures.isEmpty)
        #expect(tier.cancelled == [row.run.handle])
    }

    @Test("a run that lost its job's cancel is ended by the sweep")
    func lostCancel() async throws {
        let tier = ScriptedTier { operation, call in
            operation == "cancel" && call == 1 ? .before(TierError(.unreachable, "no route")) : nil
        }
        let world = try await JobWorld(tier: tier)
        try await world.attend()
        try await world.set("cancel_requested", .boolean(true))
        try await world.attend(seed: 1)
        #expect(tier.started.map(\.isCancelled) == [false])
        #expect(try await world.sweeper.sweep().orphans.map(\.handle) == tier.started.map(\.handle))
        #expect(tier.started.map(\.isCancelled) == [true])
    }
}

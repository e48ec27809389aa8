import SignalboxCore
import SignalboxTesting
import Wire

/// A job, a tier and what attends to them, all in memory.
struct JobWorld {
    static let policy = JobPolicy(
        launchLeaseSeconds: 60,
        startLeaseSeconds: 300,
        leaseSeconds: 60,
        attemptsMax: 3,
        preemptionsMax: 5
    )

    let clock: ManualClock
    let documents: ObservedDocuments
    let objects: MemoryObjectStore
    let tier: ScriptedTier
    let job: Job

    init(
        clock: ManualClock = ManualClock(Sample.now),
        documents: ObservedDocuments? = nil,
        objects: MemoryObjectStore? = nil,
        tier: ScriptedTier = ScriptedTier(),
        job: Job = Sample.job()
    ) async throws {
        self.clock = clock
        self.documents = documents ?? ObservedDocuments(clock: clock)
        self.objects = objects ?? MemoryObjectStore(clock: clock)
        self.tier = tier
        self.job = job
        _ = try await self.documents.base.commit([.create(job.path, job.fields)])
    }

    var ledger: JobLedger { JobLedger(documents: documents, policy: Self.policy, clock: clock) }

    /// A controller as a fresh process would make it.
    func controller(seed: UInt64 = 0, objects: (any ObjectStore)? = nil) -> JobController {
        JobController(
            ledger: ledger,
            objects: objects ?? self.objects,
            layout: Sample.layout,
            tiers: [tier],
            defaultTier: tier.name,
            clock: clock,
            random: SeededRandomSource(seed: seed)
        )
    }

    func current() async throws -> Job {
        guard let job = try await documents.job(job.id) else { throw LedgerError.noSuchJob(job.id) }
        return job
    }

    /// The order of an attempt, as the controller makes it.
    func order(attempt: Int) -> RunOrder {
        RunOrder(
            name: RunOrder.name(jobID: job.id, attempt: attempt),
            spec: Sample.layout.spec(jobID: job.id, attempt: attempt),
            labels: ["job": job.id, "attempt": "\(attempt)", "robot": job.robotID]
        )
    }
}

import SignalboxCore
import SignalboxTesting
import Wire

/// A job, tiers and what attends to it, all in memory.
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
    /// The first tier, and the only one where no others are named.
    let tier: ScriptedTier
    let dispatch: Dispatch
    let policy: JobPolicy
    let job: Job

    init(
        clock: ManualClock = ManualClock(Sample.now),
        documents: ObservedDocuments? = nil,
        objects: MemoryObjectStore? = nil,
        tier: ScriptedTier = ScriptedTier(),
        others: [any ComputeTier] = [],
        ladder: String? = nil,
        prices: PriceTable = Sample.prices,
        policy: JobPolicy = JobWorld.policy,
        job: Job = Sample.job()
    ) async throws {
        self.clock = clock
        self.documents = documents ?? ObservedDocuments(clock: clock)
        self.objects = objects ?? MemoryObjectStore(clock: clock)
        self.tier = tier
        self.policy = policy
        self.job = job
        let places = try ladder.map { text in try Ladder(parsing: text) }
        dispatch = Dispatch(tiers: [tier] + others, ladder: places, prices: prices)
        _ = try await self.documents.base.commit([.create(job.path, job.fields)])
    }

    var ledger: JobLedger { JobLedger(documents: documents, policy: policy) }

    /// A look of a launcher that then dies: what it was to do is not done.
    var lookOfTheDead: JobInput { .attended(launcher: "dead", ladder: dispatch.ladder) }

    /// A controller as a fresh process would make it.
    func controller(seed: UInt64 = 0, objects: (any ObjectStore)? = nil) -> JobController {
        JobController(
            ledger: ledger,
            objects: objects ?? self.objects,
            layout: Sample.layout,
            dispatch: dispatch,
            random: SeededRandomSource(seed: seed)
        )
    }

    var sweeper: Sweeper { sweeper() }

    /// A sweeper on a machine with a clock of its own, or with another way to the objects.
    func sweeper(on clock: ManualClock? = nil, objects: (any ObjectStore)? = nil) -> Sweeper {
        Sweeper(
            objects: objects ?? self.objects,
            layout: Sample.layout,
            documents: documents,
            controller: controller(),
            dispatch: dispatch,
            clock: clock ?? self.clock
        )
    }

    /// One look; its decisions.
    @discardableResult
    func attend(seed: UInt64 = 0) async throws -> [JobDecision] {
        try await controller(seed: seed).attend(job.id).decisions
    }

    /// A report of the attempt's first process, or of another one.
    @discardableResult
    func heartbeat(attempt: Int = 1, runner: String = Sample.runner) async throws -> JobDecision {
        let input = JobInput.heartbeat(attempt: attempt, runner: runner, progress: nil)
        return try await ledger.apply(input, to: job.id).decision
    }

    func current() async throws -> Job {
        guard let job = try await documents.job(job.id) else { throw LedgerError.noSuchJob(job.id) }
        return job
    }

    /// Sets a field by hand.
    func set(_ field: String, _ value: DocumentValue) async throws {
        _ = try await documents.base.commit([.set(job.path, [field: value], mask: [field], if: .exists(true))])
    }

    /// How often the job's document was written.
    var writeCount: Int { documents.history(of: job.path).count }

    /// The order of an attempt, as the controller makes it.
    func order(attempt: Int) -> RunOrder {
        RunOrder(
            jobID: job.id,
            attempt: attempt,
            robotID: job.robotID,
            spec: Sample.layout.spec(jobID: job.id, attempt: attempt),
            place: Place(tier: tier.name),
            runSecondsMax: policy.runSecondsMax
        )
    }
}

public import Wire

/// The ladder as a job would walk it, before anything runs.
public struct JobPlan: Sendable, Equatable {
    /// A place, and what would come of it.
    public struct Entry: Sendable, Equatable {
        /// The place with its price and ceiling.
        public let rung: Ladder.Rung
        /// Why nothing runs there; nil where it may be used.
        public let reason: String?
        /// Its turn, from 1; nil where it is passed over.
        public let order: Int?
        /// How long a run may take there, in seconds; nil where nothing runs.
        public let runSecondsMax: Int?

        /// What so many hours cost there, in USD; nil where its price is not known.
        public func usd(hours: Double) -> Double? { rung.usdPerHour.map { $0 * hours } }
    }

    /// All places: as the ladder names them, those of spot machines first.
    public let entries: [Entry]
    /// What the job may cost in all, in USD; nil where there is no cap.
    public let spendMaxUSD: Double?
    /// What it has cost so far, in USD.
    public let spentUSD: Double

    /// The place that is asked first.
    public var first: Entry? { entries.first { $0.order == 1 } }

    /// The plan of the job's next attempt over a priced ladder.
    public init(_ ladder: Ladder, for job: Job, policy: JobPolicy = JobPolicy(), now: Timestamp) {
        var job = job
        job.spentUSD = job.spentUSD(by: now)
        job.placement = nil
        let view = LadderView(ladder, for: job)
        let count = view.usable.count
        var position = 0
        entries = view.entries.map { entry in
            guard entry.reason == nil else {
                return Entry(rung: entry.rung, reason: entry.reason, order: nil, runSecondsMax: nil)
            }
            let order = (position + count - job.refusals % count) % count + 1
            position += 1
            let next = Self.next(of: job, at: entry.rung, policy, now)
            // A place whose turn it is ends the job where the spend cap leaves no time for it.
            let reason = next.placement == nil ? next.failure?.message ?? "nothing is launched" : nil
            return Entry(rung: entry.rung, reason: reason, order: order, runSecondsMax: next.placement?.runSecondsMax)
        }
        spendMaxUSD = job.spendMaxUSD
        spentUSD = job.spentUSD
    }

    /// The plan of a job that does not exist yet.
    public init(_ ladder: Ladder, config: JobConfig, policy: JobPolicy = JobPolicy(), now: Timestamp) {
        let nothing = ObjectName(bucket: "", name: "")
        let dataset = DatasetReference(
            archive: nothing,
            archiveGeneration: 0,
            manifest: nothing,
            manifestGeneration: 0,
            manifestDigest: SHA256.digest(of: "")
        )
        let job = Job(packageID: "", robotID: "", config: config, dataset: dataset, now: now)
        self.init(ladder, for: job, policy: policy, now: now)
    }

    /// What the lifecycle itself makes of the job where a place is the only one: its rules stand in one place.
    private static func next(of job: Job, at rung: Ladder.Rung, _ policy: JobPolicy, _ now: Timestamp) -> Job {
        var job = job
        job.phase = .pending
        job.createdAt = now
        job.recoveries = []
        job.handle = nil
        job.isReleasing = false
        job.heldUntil = nil
        job.notBefore = nil
        job.cancelRequested = false
        job.config.tier = nil
        job.retryTier = nil
        let look = JobInput.attended(launcher: "plan", ladder: Ladder([rung]))
        return JobLifecycle(policy: policy).step(job, look, now: now).job
    }
}

public import Wire

/// The ladder as a job would walk it, before anything runs.
public struct JobPlan: Sendable, Equatable {
    /// All places: as the ladder names them, those of spot machines first.
    public let entries: [LadderView.Entry]
    /// What the job may cost in all, in USD; nil where there is no cap.
    public let spendMaxUSD: Double?
    /// What it has cost so far, in USD.
    public let spentUSD: Double

    /// The place that is asked first.
    public var first: LadderView.Entry? { entries.first { $0.order == 1 } }

    /// The plan of the job's next attempt over a priced ladder.
    public init(_ ladder: Ladder, for job: Job, policy: JobPolicy = JobPolicy(), now: Timestamp) {
        var job = job
        job.spentUSD = job.spentUSD(by: now)
        entries = LadderView(ladder, for: job, policy: policy).entries
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
}

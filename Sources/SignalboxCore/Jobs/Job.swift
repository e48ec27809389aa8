public import Wire

/// A training job: the document `training_jobs/{job_id}` (`docs/job-document.md`).
public struct Job: Sendable, Equatable {
    /// The collection of job documents.
    public static let collection = "training_jobs"

    /// Where a job stands; finer than ``Status``.
    public enum Phase: String, Sendable, CaseIterable {
        /// Waits to be claimed.
        case pending
        /// An attempt is claimed: its launch may be under way, or was cut short.
        case launching
        /// The tier has taken the run; the trainer has not reported yet.
        case launched
        /// The trainer reports.
        case running
        /// Done: the model is registered.
        case completed
        /// Over without a model.
        case failed

        /// What the public contract calls it.
        public var status: Status {
            switch self {
            case .pending, .launching, .launched: .pending
            case .running: .running
            case .completed: .completed
            case .failed: .failed
            }
        }

        /// Whether nothing can follow.
        public var isTerminal: Bool { self == .completed || self == .failed }
    }

    /// The `status` of the public contract.
    public enum Status: String, Sendable, CaseIterable {
        /// Waits, or is being started.
        case pending
        /// The trainer reports.
        case running
        /// Done.
        case completed
        /// Over without a model.
        case failed
    }

    /// The job's id: the last part of the document's path.
    public var id: String
    /// The package it trains on.
    public var packageID: String
    /// The robot that sent it.
    public var robotID: String
    /// How to train.
    public var config: JobConfig
    /// The verified bytes.
    public var dataset: DatasetReference
    /// Where it stands.
    public var phase: Phase
    /// The attempt under way or last made, from 1; 0 before the first.
    public var attempt: Int
    /// Who may act; nil when nobody does.
    public var lease: Lease?
    /// Where the attempt under way, or the last one, runs.
    public var placement: Placement?
    /// What the tier calls the run; nil where it is known by its name alone.
    public var handle: String?
    /// Whether the run of the attempt that was given up is still to be given back.
    public var isReleasing: Bool
    /// How far the trainer is.
    public var progress: Progress?
    /// Attempts that were given up.
    public var recoveries: [Recovery]
    /// What was made.
    public var result: TrainingResult?
    /// Why it failed.
    public var failure: Failure?
    /// What keeps it from going on.
    public var problem: Problem?
    /// Launches refused in a row: which rung of the ladder is next.
    public var refusals: Int
    /// Before then nothing is launched.
    public var notBefore: Timestamp?
    /// Until then a trainer whose attempt was taken from it may still write: no other attempt is claimed.
    public var heldUntil: Timestamp?
    /// What its ended attempts have cost, in USD, as far as their prices were known.
    public var spentUSD: Double
    /// Whether a checkpoint of it was seen to restore; nil where nobody has tried.
    public var canaryPassed: Bool?
    /// Why the trainer is asked to stop.
    public var stopReason: StopReason?
    /// By when a trainer that was asked to stop is to have done so: then its run is ended. Nil at the spend cap, where
    /// the run's own time is the limit.
    public var stopBy: Timestamp?
    /// The tier of a retry, in place of the config's.
    public var retryTier: String?
    /// The spend cap of a retry, in place of the config's.
    public var retrySpendMaxUSD: Double?
    /// Whether somebody asked to stop it.
    public var cancelRequested: Bool
    /// When it was opened; never changes.
    public var createdAt: Timestamp
    /// When it last changed; strictly advances.
    public var updatedAt: Timestamp

    /// A job that waits to be claimed.
    public init(
        packageID: String,
        robotID: String,
        config: JobConfig,
        dataset: DatasetReference,
        now: Timestamp
    ) {
        self.init(
            id: JobID.derive(packageID: packageID, config: config),
            packageID: packageID,
            robotID: robotID,
            config: config,
            dataset: dataset,
            now: now
        )
    }

    init(
        id: String,
        packageID: String,
        robotID: String,
        config: JobConfig,
        dataset: DatasetReference,
        now: Timestamp
    ) {
        self.id = id
        self.packageID = packageID
        self.robotID = robotID
        self.config = config
        self.dataset = dataset
        phase = .pending
        attempt = 0
        recoveries = []
        isReleasing = false
        refusals = 0
        spentUSD = 0
        cancelRequested = false
        createdAt = now.truncatedToMicroseconds
        updatedAt = now.truncatedToMicroseconds
    }

    /// How many hours the attempt trained that finished it; nil where none has.
    public var trainingHours: Double? { result.map { $0.trainingTimeSeconds / 3600 } }

    /// What it may cost in all, in USD; nil where nobody set a cap.
    public var spendMaxUSD: Double? { retrySpendMaxUSD ?? config.spendMaxUSD }

    /// What it has cost by then, in USD.
    public func spentUSD(by now: Timestamp) -> Double { spentUSD + (placement?.spentUSD(by: now) ?? 0) }

    /// What happened since it was opened, or opened anew.
    public var recoveriesSinceRetry: ArraySlice<Recovery> {
        recoveries[((recoveries.lastIndex { $0.cause == .retried } ?? -1) + 1)...]
    }

    /// Why it could not be opened again if it failed, and what to do then: for people; nil where it could.
    public var retryObstacle: String? {
        let noted = recoveries.count { $0.cause != .launchRefused }
        guard noted >= JobPolicy.recoveriesMax else { return nil }
        return "its document has no room beside \(noted) recoveries: package the episodes again with another config, "
            + "another --seed for instance: that is another job"
    }

    /// When it was opened, or opened anew.
    public var openedAt: Timestamp { recoveries.last { $0.cause == .retried }?.at ?? createdAt }

    /// The document's path.
    public var path: String { Self.path(of: id) }

    /// The path of a job's document.
    public static func path(of id: String) -> String { "\(collection)/\(id)" }
}

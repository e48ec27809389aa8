/// How long and how often.
public struct JobPolicy: Sendable, Equatable {
    /// How long a launcher may take to launch.
    public var launchLeaseSeconds: Int
    /// How long a launched run may take to its first heartbeat before the tier's word is needed.
    public var startLeaseSeconds: Int
    /// How long a trainer may be silent.
    public var leaseSeconds: Int
    /// Attempts that may be lost by faults of the code.
    public var attemptsMax: Int
    /// Attempts that may be lost to preemption or with their machines.
    public var preemptionsMax: Int
    /// Launches that may be refused for want of capacity or quota.
    public var refusalsMax: Int
    /// How long one run may take.
    public var runSecondsMax: Int
    /// How long a run may wait in a tier's queue while there are other places to ask.
    public var queueSecondsMax: Int
    /// How long a job may take in all.
    public var jobSecondsMax: Int

    /// A policy; unnamed parts as the defaults say.
    public init(
        launchLeaseSeconds: Int = 60,
        startLeaseSeconds: Int = 300,
        leaseSeconds: Int = 60,
        attemptsMax: Int = 3,
        preemptionsMax: Int = 50,
        refusalsMax: Int = 200,
        runSecondsMax: Int = 86_400,
        queueSecondsMax: Int = 900,
        jobSecondsMax: Int = 30 * 86_400
    ) {
        self.launchLeaseSeconds = launchLeaseSeconds
        self.startLeaseSeconds = startLeaseSeconds
        self.leaseSeconds = leaseSeconds
        self.attemptsMax = attemptsMax
        self.preemptionsMax = preemptionsMax
        self.refusalsMax = refusalsMax
        self.runSecondsMax = runSecondsMax
        self.queueSecondsMax = queueSecondsMax
        self.jobSecondsMax = jobSecondsMax
    }
}

extension JobPolicy {
    /// How long a trainer that is heard may take to stop once its job's document asks for it: until it hears of that,
    /// no report comes later than half a lease after the last one, and then as long as any run may take to stop.
    var stopNoticeSeconds: Int { leaseSeconds / 2 + Self.stopSeconds }

    /// With so many recoveries behind it, refusals not counted, a failed job cannot be opened again: a document holds
    /// 1 MiB. Of the refusals the newest are kept, as long as all recoveries are no more than this.
    public static let recoveriesMax = 500
    /// So many runs of a job may end because their time was over.
    public static let sessionsMax = 500
    /// After a launch the tier is asked how the run is, at most so often, until the trainer reports.
    static let inspectSeconds = 30
    /// How long a machine may take from its start to its trainer's first report before the run's own time counts: its
    /// driver, its image, the keys.
    public static let startSecondsMax = 1800
    /// How long a run may take to checkpoint and stop once it is asked to.
    public static let stopSeconds = 120
    /// How long the next attempt waits for a tier that cannot be reached to give back the last run.
    static let releaseSecondsMax = 600
    /// The shortest run that is worth a launch under a spend cap.
    static let runSecondsMin = 60
    /// The first wait when no place had capacity; it doubles with every round …
    static let capacityWaitSeconds = 60
    /// … up to this.
    static let capacityWaitSecondsMax = 3600
}

public import SignalboxCore
public import Wire

extension JobRun {
    /// How an attempt ended.
    public enum Ending: Sendable {
        /// The model is registered and the job completed.
        case completed(TrainingResult)
        /// Stopped in order: the job goes on in another attempt, from the newest checkpoint that is kept.
        case preempted(StopCause, keptStep: Int?)
        /// The document belongs to another attempt, or the job is over.
        case fenced(JobDecision)
        /// No result: a fault that another attempt may not meet again.
        case ended(String)
        /// The job failed for good.
        case failed(Job.Failure)
        /// The stores could not be reached: the lease will run out and another attempt follow.
        case unavailable(StoreError)
    }

    /// All that an attempt touches outside itself.
    public struct Surroundings: Sendable {
        /// Where data, checkpoints, logs and models lie.
        public var objects: any ObjectStore
        /// Where the job and the registry are.
        public var documents: any DocumentStore
        /// The buckets.
        public var layout: BucketLayout
        /// Leases and budgets.
        public var policy: JobPolicy
        /// How much of a dataset's archive is read before it is refused.
        public var limits: ArchiveLimits
        /// Where a dataset's numbers go that are too many for memory.
        public var scratch: ScratchFolder
        /// From one report to the next.
        public var heartbeatSeconds: Int
        /// Signs the model's manifest.
        public var modelKey: Ed25519PrivateKey
        /// The time.
        public var clock: any Clock
        /// The machine's name, for TensorBoard.
        public var host: String
        /// Tells that the machine will be taken away; nil where nobody does.
        public var notices: (any InterruptionNotices)?
        /// After so long the process checkpoints and stops; nil for no limit but the run's own.
        public var sessionSecondsMax: Int?
        /// When the process began: its session did so then at the latest.
        public var startedAt: Timestamp
        /// How long the machine leaves the process after SIGTERM or a notice; nil for what is usual.
        public var stopSeconds: Int?
        /// The training command of jobs that want one; nil where there is none.
        public var command: CommandSettings?
        /// Tells this process from every other that may train the same attempt.
        public var runner: String
        /// What is told of the run beside its logs.
        public var telemetry: Telemetry
        /// Where log lines go besides the job's log.
        public var console: @Sendable (ConsoleLine) -> Void

        /// Surroundings of their parts; the process begins now unless something else is said.
        public init(
            objects: any ObjectStore,
            documents: any DocumentStore,
            layout: BucketLayout,
            policy: JobPolicy,
            limits: ArchiveLimits = .standard,
            scratch: ScratchFolder = .standard,
            heartbeatSeconds: Int,
            modelKey: Ed25519PrivateKey,
            clock: any Clock,
            host: String,
            notices: (any InterruptionNotices)? = nil,
            sessionSecondsMax: Int? = nil,
            startedAt: Timestamp? = nil,
            stopSeconds: Int? = nil,
            command: CommandSettings? = nil,
            runner: String,
            telemetry: Telemetry = Telemetry(),
            console: @escaping @Sendable (ConsoleLine) -> Void
        ) {
            self.objects = objects
            self.documents = documents
            self.layout = layout
            self.policy = policy
            self.limits = limits
            self.scratch = scratch
            self.heartbeatSeconds = heartbeatSeconds
            self.modelKey = modelKey
            self.clock = clock
            self.host = host
            self.notices = notices
            self.sessionSecondsMax = sessionSecondsMax
            self.startedAt = startedAt ?? clock.now()
            self.stopSeconds = stopSeconds
            self.command = command
            self.runner = runner
            self.telemetry = telemetry
            self.console = console
        }
    }
}

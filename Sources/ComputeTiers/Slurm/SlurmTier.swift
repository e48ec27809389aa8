public import SignalboxCore
public import Wire

/// A Slurm cluster, asked through slurmrestd (Slurm 22.05 or later): a run is one batch job.
///
/// The location of a place is a partition, its machine what the run needs of a node: `slurm/gpu/gpu:1+cpu:8/spot`. A
/// spot place is one in a partition whose jobs give way to others. The handle is the job's number and the run's name.
public struct SlurmTier: ComputeTier {
    /// Runs that are listed at once; the next list goes on where those that are over have left.
    public static let runsMax = 10_000

    /// The tier's name.
    public let name = "slurm"

    private let settings: SlurmSettings
    private let client: SlurmClient

    /// A tier of a cluster.
    public init(_ settings: SlurmSettings, transport: any HTTPTransport, clock: any Clock) {
        self.settings = settings
        client = SlurmClient(settings: settings, transport: transport, clock: clock)
    }

    /// The tier that the environment describes; nil where `SIGNALBOX_SLURM_URL` is not set.
    ///
    /// - Parameter variables: those that a trainer may inherit: all of this process, as a rule.
    /// - Throws: `ConfigurationError`.
    public static func configured(
        environment: Environment,
        variables: [String: String],
        transport: any HTTPTransport,
        clock: any Clock
    ) throws(ConfigurationError) -> SlurmTier? {
        guard let settings = try SlurmSettings(environment, variables: variables) else { return nil }
        return SlurmTier(settings, transport: transport, clock: clock)
    }

    /// Submits the run's job; where two launchers did so at once, the older job stays.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        let submission = try SlurmSubmission(order, settings)
        if let handle = try await find(order.name, at: order.place) { return handle }
        let handle = SlurmHandle(id: try await client.submit(submission.json), name: order.name)
        // The job is there: an error from here on must not hide that.
        guard let first = try? await oldest(order.name), first.id != handle.id else { return handle.description }
        try? await client.cancel(handle.id)
        return SlurmHandle(first).description
    }

    /// The oldest job of that name that is not over, in whatever partition, or else the oldest; what Slurm rejected was
    /// never one.
    public func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        let jobs = try await jobs(of: runName)
        let alive = jobs.filter { !$0.isOver }
        return (alive.isEmpty ? jobs : alive).min { $0.id < $1.id }.map { SlurmHandle($0).description }
    }

    /// How a run's job is; `.gone` also where the controller has forgotten it (`MinJobAge`, by default after 300 s).
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        guard let job = try await job(handle) else { return .gone }
        return state(of: job)
    }

    /// Ends a run's job: the trainer is told by SIGTERM, and killed by Slurm itself when `KillWait` has passed.
    public func cancel(_ handle: String) async throws(TierError) {
        guard let job = try await job(handle), !job.isOver else { return }
        try await client.cancel(job.id)
    }

    /// The jobs of this deployment that are not over; those that are hold nothing.
    public func runs() async throws(TierError) -> [TierRun] {
        try await client.jobs().filter { isOurs($0) && !$0.isOver }.prefix(Self.runsMax).map { job in
            TierRun(name: job.name, handle: SlurmHandle(job).description, state: state(of: job))
        }
    }

    private func job(_ handle: String) async throws(TierError) -> SlurmJob? {
        guard let handle = SlurmHandle(handle), let job = try await client.job(handle.id) else { return nil }
        return job.name == handle.name && isOurs(job) ? job : nil
    }

    private func jobs(of runName: String) async throws(TierError) -> [SlurmJob] {
        try await client.jobs().filter { $0.name == runName && isOurs($0) && !$0.wasRejected }
    }

    private func oldest(_ runName: String) async throws(TierError) -> SlurmJob? {
        try await jobs(of: runName).min { $0.id < $1.id }
    }

    private func isOurs(_ job: SlurmJob) -> Bool {
        RunOrder.parse(job.name) != nil && job.comment == SlurmSubmission.comment(settings)
            && (job.user ?? settings.user) == settings.user
    }

    private func state(of job: SlurmJob) -> RunState { job.state(log: SlurmSubmission.log(of: job.name, settings)) }
}

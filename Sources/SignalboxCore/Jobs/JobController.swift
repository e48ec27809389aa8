public import Wire

/// Attends to a job: claims, launches, adopts, inspects; whoever looks next goes on where the last look was cut short.
public struct JobController: Sendable {
    /// Actions of one look.
    public static let actionsMax = 16

    /// What a look came to.
    public struct Outcome: Sendable, Equatable {
        /// What was decided, in order.
        public var decisions: [JobDecision]
        /// The job afterwards.
        public var job: Job
        /// When to look again, where somebody else is at work or the tier could not be reached.
        public var tryAgainAt: Timestamp?
        /// Why an action could not be carried out, where one could not.
        public var problem: String?
    }

    private let ledger: JobLedger
    private let objects: any ObjectStore
    private let layout: BucketLayout
    private let tiers: [String: any ComputeTier]
    private let defaultTier: String
    private let clock: any Clock
    private let random: any RandomSource

    /// A controller over the configured tiers.
    public init(
        ledger: JobLedger,
        objects: any ObjectStore,
        layout: BucketLayout,
        tiers: [any ComputeTier],
        defaultTier: String,
        clock: any Clock,
        random: any RandomSource
    ) {
        self.ledger = ledger
        self.objects = objects
        self.layout = layout
        self.tiers = Dictionary(tiers.map { ($0.name, $0) }) { first, _ in first }
        self.defaultTier = defaultTier
        self.clock = clock
        self.random = random
    }

    /// Looks at a job and does what is due.
    ///
    /// - Throws: ``LedgerError``.
    public func attend(_ id: String) async throws(LedgerError) -> Outcome {
        let job = try await ledger.job(id)
        let launcher = "launcher-" + Hex.encode(random.bytes(8))
        let first = JobInput.attended(launcher: launcher, tier: job.config.tier ?? defaultTier)
        var transition = try await ledger.apply(first, to: id)
        var outcome = Outcome(decisions: [transition.decision], job: transition.job)
        for _ in 0..<Self.actionsMax {
            guard let action = transition.actions.first else { break }
            switch await carryOut(action, of: transition.job) {
            case .input(let input):
                transition = try await ledger.apply(input, to: id)
                outcome.decisions.append(transition.decision)
                outcome.job = transition.job
            case .tryAgain(let time, let problem):
                outcome.tryAgainAt = time
                outcome.problem = problem
                return outcome
            case .nothing:
                return outcome
            }
        }
        return outcome
    }

    private enum Effect {
        case input(JobInput)
        case tryAgain(at: Timestamp, because: String?)
        case nothing
    }

    private func carryOut(_ action: JobAction, of job: Job) async -> Effect {
        if case .wait(let until) = action { return .tryAgain(at: until, because: nil) }
        guard let tier = tiers[job.tier ?? defaultTier] else {
            let known = tiers.keys.sorted().joined(separator: ", ")
            let message = "\(TierError.Code.unknownTier.rawValue): \(job.tier ?? defaultTier); configured: \(known)"
            return .input(.failed(attempt: job.attempt, Job.Failure(.launchFailed, message)))
        }
        do {
            switch action {
            case .find(let attempt):
                let handle = try await tier.find(RunOrder.name(jobID: job.id, attempt: attempt))
                return .input(.found(attempt: attempt, handle: handle))
            case .launch(let attempt): return try await launch(job, attempt: attempt, on: tier)
            case .inspect(let attempt, let handle): return try await inspect(job, attempt, handle: handle, on: tier)
            case .cancel(let handle): try await tier.cancel(handle)
            case .wait: break
            }
            return .nothing
        } catch {
            // Whether the call took effect is not known: the next look finds out before it acts.
            return .tryAgain(at: job.lease?.expiresAt ?? clock.now(), because: "\(error)")
        }
    }

    private func launch(_ job: Job, attempt: Int, on tier: any ComputeTier) async throws -> Effect {
        let spec = layout.spec(jobID: job.id, attempt: attempt)
        let bytes = JobSpec(job: job).json.bytes
        do {
            _ = try await objects.create(spec, bytes, contentType: "application/json")
        } catch  where error.code == .alreadyExists {
            // The document was changed or made anew since this attempt's spec was written: the next has its own.
            return .input(.launchRefused(attempt: attempt, message: error.description, isTransient: true))
        }
        let order = RunOrder(
            name: RunOrder.name(jobID: job.id, attempt: attempt),
            spec: spec,
            labels: ["job": job.id, "attempt": String(attempt), "robot": job.robotID]
        )
        do {
            return .input(.launched(attempt: attempt, handle: try await tier.launch(order)))
        } catch  where error.code != .unreachable {
            let refused = JobInput.launchRefused(
                attempt: attempt,
                message: error.description,
                isTransient: error.isTransient
            )
            return .input(refused)
        }
    }

    private func inspect(_ job: Job, _ attempt: Int, handle: String?, on tier: any ComputeTier) async throws -> Effect {
        do {
            guard let handle = try await resolve(handle, job, attempt, on: tier) else {
                return .input(.inspected(attempt: attempt, state: .gone))
            }
            return .input(.inspected(attempt: attempt, state: try await tier.inspect(handle)))
        } catch  where error.isTransient {
            return .input(.inspected(attempt: attempt, state: nil))
        }
    }

    private func resolve(
        _ handle: String?,
        _ job: Job,
        _ attempt: Int,
        on tier: any ComputeTier
    ) async throws(TierError) -> String? {
        if let handle { return handle }
        return try await tier.find(RunOrder.name(jobID: job.id, attempt: attempt))
    }
}

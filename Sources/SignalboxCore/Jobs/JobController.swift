public import Wire

/// Attends to a job: claims, launches, adopts, inspects, gives back; whoever looks next goes on where the last look was
/// cut short.
public struct JobController: Sendable {
    /// Actions of one look.
    public static let actionsMax = 16
    /// Writes of a spec against other writers.
    static let specTriesMax = 3
    /// How soon to look again whether a run that was told to stop is over.
    public static let releaseLookSeconds = 5

    /// What a look came to.
    public struct Outcome: Sendable, Equatable {
        /// What was decided, in order.
        public var decisions: [JobDecision]
        /// The job afterwards.
        public var job: Job
        /// After how many seconds to look again, where somebody else is at work or the tier could not be reached.
        public var tryAgainSeconds: Int?
        /// Why an action could not be carried out, where one could not.
        public var problem: String?
        /// Whether the tier did not answer.
        public var isTierSilent = false
    }

    private let ledger: JobLedger
    private let objects: any ObjectStore
    private let layout: BucketLayout
    private let dispatch: Dispatch
    private let random: any RandomSource

    /// A controller over the configured tiers.
    public init(
        ledger: JobLedger,
        objects: any ObjectStore,
        layout: BucketLayout,
        dispatch: Dispatch,
        random: any RandomSource
    ) {
        self.ledger = ledger
        self.objects = objects
        self.layout = layout
        self.dispatch = dispatch
        self.random = random
    }

    /// Looks at a job and does what is due.
    ///
    /// - Throws: ``LedgerError``.
    public func attend(_ id: String) async throws(LedgerError) -> Outcome {
        let launcher = "launcher-" + Hex.encode(random.bytes(8))
        let look = Look(launcher: launcher, ladder: dispatch.ladder)
        var transition = try await ledger.apply(look.input, to: id)
        var outcome = Outcome(decisions: [transition.decision], job: transition.job)
        for _ in 0..<Self.actionsMax {
            guard let action = transition.actions.first else { break }
            switch await carryOut(action, of: transition, look) {
            case .inputs(let inputs):
                for input in inputs {
                    if case .inspected(_, .failure(let error), _, _) = input {
                        outcome.problem = error.description
                        outcome.isTierSilent = true
                    }
                    transition = try await ledger.apply(input, to: id)
                    outcome.decisions.append(transition.decision)
                    outcome.job = transition.job
                }
            case .tryAgain(let seconds):
                outcome.tryAgainSeconds = seconds
                return outcome
            case .failed(let error):
                // Whether the call took effect is not known: the next look finds out before it acts.
                let lease = transition.job.lease.map { Self.seconds(from: transition.at, to: $0.expiresAt) } ?? 0
                outcome.tryAgainSeconds = max(lease, Self.releaseLookSeconds)
                outcome.problem = error.description
                outcome.isTierSilent = error.code == .unreachable
                let job = transition.job
                let failure = JobInput.tierFailed(attempt: job.attempt, error, asOf: job.updatedAt)
                outcome.job = try await ledger.apply(failure, to: id).job
                return outcome
            case .nothing(let problem):
                outcome.problem = problem
                return outcome
            }
        }
        return outcome
    }

    private var log: TrainerLog { TrainerLog(objects: objects, layout: layout) }

    /// One look: who looks, and what places there are.
    private struct Look {
        let launcher: String
        let ladder: Ladder

        var input: JobInput { .attended(launcher: launcher, ladder: ladder) }
    }

    private enum Effect {
        case inputs([JobInput])
        case tryAgain(afterSeconds: Int)
        case failed(TierError)
        case nothing(problem: String?)
    }

    /// How long it is to a time of the store's, in seconds, rounded up; at least one.
    private static func seconds(from now: Timestamp, to time: Timestamp) -> Int {
        let (seconds, rest) = (time - now).components
        return Int(max(1, rest > 0 ? seconds + 1 : seconds))
    }

    private func carryOut(_ action: JobAction, of transition: JobTransition, _ look: Look) async -> Effect {
        let job = transition.job
        switch action {
        case .wait(let until): return .tryAgain(afterSeconds: Self.seconds(from: transition.at, to: until))
        case .attendAgain: return .inputs([look.input])
        case .readLog(let attempt):
            return .inputs([.logRead(attempt: attempt, await log.lastLines(jobID: job.id, attempt: attempt))])
        default: break
        }
        let place = job.placement?.place
        guard let place, let tier = dispatch.tier(place.tier) else {
            // Taken out of the configuration while it was used: whether a run is there, nobody can say.
            let message = "\(place?.tier ?? "no tier"); configured: \(dispatch.tierNames)"
            return .failed(TierError(.unknownTier, message))
        }
        do throws(TierError) {
            switch action {
            case .find(let attempt):
                let handle = try await tier.find(RunOrder.name(jobID: job.id, attempt: attempt), at: place)
                return .inputs([.found(attempt: attempt, handle: handle, launcher: look.launcher)])
            case .launch(let attempt): return try await launch(job, attempt, by: look.launcher, at: place, on: tier)
            case .inspect(let attempt, let handle):
                return await inspect(job, attempt, handle, at: place, on: tier, look)
            case .release(let attempt, let handle): return try await release(job, attempt, handle, at: place, on: tier)
            case .cancel(let handle):
                do throws(TierError) {
                    try await tier.cancel(handle)
                    return .nothing(problem: nil)
                } catch {
                    // The sweep finds the run without a job and tries again.
                    return .nothing(problem: error.description)
                }
            case .wait, .attendAgain, .readLog: return .nothing(problem: nil)
            }
        } catch {
            return .failed(error)
        }
    }

    private func launch(
        _ job: Job,
        _ attempt: Int,
        by launcher: String,
        at place: Place,
        on tier: any ComputeTier
    ) async throws(TierError) -> Effect {
        let name = layout.spec(jobID: job.id, attempt: attempt)
        let spec = JobSpec(job: job)
        do throws(StoreError) {
            try await write(spec.json.bytes, as: name)
        } catch {
            guard error.code == .alreadyExists else {
                let isForbidden = error.code == .permissionDenied || error.code == .unauthenticated
                throw TierError(isForbidden ? .permissionDenied : .unreachable, "the spec cannot be written: \(error)")
            }
            // The document was changed or made anew since this attempt's spec was written: the next has its own.
            return .inputs([.specTaken(attempt: attempt, message: error.description, launcher: launcher)])
        }
        let order = RunOrder(
            jobID: job.id,
            attempt: attempt,
            robotID: job.robotID,
            spec: name,
            place: place,
            runSecondsMax: spec.runSecondsMax,
            paidSecondsMax: job.paidSecondsMax
        )
        do throws(TierError) {
            return .inputs([.launched(attempt: attempt, handle: try await tier.launch(order))])
        } catch {
            guard error.code != .unreachable else { throw error }
            return .inputs([.launchRefused(attempt: attempt, error, launcher: launcher)])
        }
    }

    /// Writes a spec that is not there yet. One of the same bytes is written again: a sweep that listed it while the
    /// job was over may be about to remove that generation.
    ///
    /// - Throws: `alreadyExists` where other bytes are there.
    private func write(_ bytes: [UInt8], as spec: ObjectName) async throws(StoreError) {
        var condition = ObjectPreconditions.doesNotExist
        for _ in 0..<Self.specTriesMax {
            do throws(StoreError) {
                _ = try await objects.write(
                    spec,
                    .bytes(bytes),
                    contentType: "application/json",
                    metadata: [:],
                    if: condition
                )
                return
            } catch {
                guard error.code == .preconditionFailed else { throw error }
            }
            guard let present = try await objects.metadataIfPresent(of: spec) else {
                condition = .doesNotExist
                continue
            }
            guard present.size == Int64(bytes.count), present.crc32c == CRC32C.checksum(of: bytes) else {
                throw StoreError(.alreadyExists, "\(spec) exists with other bytes")
            }
            // The write that failed may have met itself, its answer lost: a new generation is all that is wanted.
            if let known = condition.generationMatch, known != 0, present.generation != known { return }
            condition = .generation(present.generation)
        }
        throw StoreError(.aborted, "\(spec): other writers won \(Self.specTriesMax) times")
    }

    private func inspect(
        _ job: Job,
        _ attempt: Int,
        _ handle: String?,
        at place: Place,
        on tier: any ComputeTier,
        _ look: Look
    ) async -> Effect {
        let answer: Result<RunState, TierError>
        do throws(TierError) {
            let name = RunOrder.name(jobID: job.id, attempt: attempt)
            if let handle {
                let state = try await tier.inspect(handle)
                if !state.isAlive, let other = try await aliveRun(of: name, besides: handle, at: place, on: tier) {
                    let told = Result<RunState, TierError>.success(other.state)
                    return .inputs([.inspected(attempt: attempt, told, of: other.handle, asOf: job.updatedAt)])
                }
                answer = .success(await log.explain(state, jobID: job.id, attempt: attempt))
            } else if let found = try await tier.find(name, at: place) {
                // Noted, so that the run can be given back should the attempt be given up; then asked by its handle.
                return .inputs([.launched(attempt: attempt, handle: found), look.input])
            } else {
                answer = .success(.gone)
            }
        } catch {
            answer = .failure(error)
        }
        return .inputs([.inspected(attempt: attempt, answer, asOf: job.updatedAt)])
    }

    /// Where two launchers made a run each, the trainer that reports second stops: the end of its run is not the
    /// attempt's while the other one lives.
    private func aliveRun(
        of name: String,
        besides handle: String,
        at place: Place,
        on tier: any ComputeTier
    ) async throws(TierError) -> (handle: String, state: RunState)? {
        guard let found = try await tier.find(name, at: place), found != handle else { return nil }
        let state = try await tier.inspect(found)
        return state.isAlive ? (found, state) : nil
    }

    /// A run may take a while to checkpoint and stop; the next attempt waits for it, so that no two machines are paid
    /// for at once.
    private func release(
        _ job: Job,
        _ attempt: Int,
        _ handle: String?,
        at place: Place,
        on tier: any ComputeTier
    ) async throws(TierError) -> Effect {
        var handle = handle
        let name = RunOrder.name(jobID: job.id, attempt: attempt)
        if handle == nil { handle = try await tier.find(name, at: place) }
        guard let handle else { return .inputs([.released(attempt: attempt)]) }
        try await tier.cancel(handle)
        var state = try await tier.inspect(handle)
        if !state.isAlive {
            guard let other = try await aliveRun(of: name, besides: handle, at: place, on: tier) else {
                return .inputs([.released(attempt: attempt)])
            }
            try await tier.cancel(other.handle)
            state = other.state
        }
        // The tier can tell again: how long it could not no longer counts.
        if job.problem != nil { return .inputs([.inspected(attempt: attempt, .success(state), asOf: job.updatedAt)]) }
        return .tryAgain(afterSeconds: Self.releaseLookSeconds)
    }
}

import SignalboxCore
import Wire

/// What can be kept of a run: a state, and a description that tells it from another's.
protocol StoredCheckpoint: Sendable {
    /// Steps done.
    var step: Int { get }
    /// What tells its run from another of the job.
    var fingerprint: String { get }
    /// What was measured last on the validation steps before it; nil where nothing was, or where the best parameters
    /// are part of each checkpoint.
    var validationLoss: Double? { get }
    /// The two parts as they are stored.
    func encoded() throws -> (state: [UInt8], description: JSON)
}

extension TrainingCheckpoint: StoredCheckpoint {
    var validationLoss: Double? { nil }
}

/// Keeps a run's checkpoints beside its training: the newest that was given is uploaded while steps go on. One that
/// cannot be is held in memory and tried again; a newer one takes its place. Of the run's checkpoints, those of earlier
/// attempts included, the last three and the best stay (``CheckpointRetention``).
actor CheckpointKeeper {
    private let store: CheckpointStore
    /// Called before each upload; false while nobody may write.
    private let prepare: @Sendable () async throws -> Bool
    /// Called after each upload, beside the next.
    private let afterwards: @Sendable () async -> Void
    private let log: @Sendable (JobObserver.Severity, String) async -> Void
    /// The newest step that it has kept.
    private(set) var keptStep: Int?
    /// The step that the run goes on from, until what lies before it is known.
    private var firstStep: Int?
    /// The run's checkpoints that are there, the newest last.
    private var run: [KeptCheckpoint] = []
    /// What is of no use to anybody, and not removed yet.
    private var unfinished: [KeptCheckpoint] = []
    private var waiting: (any StoredCheckpoint)?
    private var worker: Task<Void, Never>?
    /// What was begun after an upload.
    private var follower: Task<Void, Never>?
    private var failure: (any Error)?

    init(
        store: CheckpointStore,
        prepare: @escaping @Sendable () async throws -> Bool,
        afterwards: @escaping @Sendable () async -> Void = {},
        log: @escaping @Sendable (JobObserver.Severity, String) async -> Void
    ) {
        self.store = store
        self.prepare = prepare
        self.afterwards = afterwards
        self.log = log
    }

    /// Notes the step of an earlier attempt's checkpoint that the run goes on from: what lies before it may go in time.
    func goOn(from step: Int?) { firstStep = step }

    /// Takes a checkpoint over.
    ///
    /// - Throws: what kept an earlier one from being kept for good.
    func keep(_ checkpoint: any StoredCheckpoint) throws {
        if let failure { throw failure }
        waiting = checkpoint
        retry()
    }

    /// Begins to upload what waits, unless it is under way.
    func retry() {
        guard worker == nil, waiting != nil else { return }
        worker = Task { await work() }
    }

    /// Waits for what is under way, and tries once more what waits after that. Where the task is cancelled, so is that.
    ///
    /// - Returns: the newest step that is kept.
    /// - Throws: what kept a checkpoint from being kept for good.
    func settle() async throws -> Int? {
        await wait(for: worker)
        if !Task.isCancelled { retry() }
        await wait(for: worker)
        await wait(for: follower)
        if let failure { throw failure }
        return keptStep
    }

    private func wait(for task: Task<Void, Never>?) async {
        await withTaskCancellationHandler {
            await task?.value
        } onCancel: {
            task?.cancel()
        }
    }

    /// Gives up what waits and what is under way: the job is another's.
    func drop() async {
        waiting = nil
        worker?.cancel()
        follower?.cancel()
        await worker?.value
        await follower?.value
    }

    private func work() async {
        defer { worker = nil }
        while let checkpoint = waiting {
            do {
                guard try await prepare() else { return }
                let (state, description) = try checkpoint.encoded()
                try await store.save(step: checkpoint.step, state: state, description: description)
                await log(.info, "checkpoint at step \(checkpoint.step)")
            } catch {
                if let outage = Outage(error) {
                    let message = "the checkpoint of step \(checkpoint.step) waits for its store: \(outage.error)"
                    return await log(.warning, message)
                }
                failure = error
                waiting = nil
                return
            }
            if waiting?.step == checkpoint.step { waiting = nil }
            follow()
            keptStep = checkpoint.step
            await removeSuperseded(by: checkpoint)
        }
    }

    private func follow() {
        guard follower == nil else { return }
        follower = Task {
            await afterwards()
            follower = nil
        }
    }

    /// Never a later attempt's, nor another process' of this one: it may be what the job goes on from.
    private func removeSuperseded(by checkpoint: any StoredCheckpoint) async {
        let kept = store.kept(checkpoint)
        run = run.filter { $0.stem != kept.stem } + [kept]
        do throws(StoreError) {
            if let step = firstStep {
                let earlier = try await store.earlier(upTo: step, fingerprint: checkpoint.fingerprint)
                (run, unfinished, firstStep) = (earlier.kept + run, earlier.unfinished, nil)
            }
            for old in unfinished + CheckpointRetention.superseded(run) {
                try await store.remove(old)
                run.removeAll { $0 == old }
                unfinished.removeAll { $0 == old }
            }
        } catch {
            await log(.warning, "checkpoints that are not needed any more stay for now: \(error)")
        }
    }
}

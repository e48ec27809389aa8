import SignalboxCore
import Wire

/// What can be kept of a run: a state, and a description that tells it from another's.
protocol StoredCheckpoint: Sendable {
    /// Steps done.
    var step: Int { get }
    /// The two parts as they are stored.
    func encoded() throws -> (state: [UInt8], description: JSON)
}

extension TrainingCheckpoint: StoredCheckpoint {}

/// Keeps a run's checkpoints beside its training: the newest that was given is uploaded while steps go on. One that
/// cannot be is held in memory and tried again; a newer one takes its place. Of those it has kept, the last
/// ``keptMax`` stay; the parameters of the best validation step are part of each.
actor CheckpointKeeper {
    /// Checkpoints of one process that are kept.
    static let keptMax = 3

    private let store: CheckpointStore
    /// Called before each upload; false while nobody may write.
    private let prepare: @Sendable () async throws -> Bool
    /// Called after each upload, beside the next.
    private let afterwards: @Sendable () async -> Void
    private let log: @Sendable (JobObserver.Severity, String) async -> Void
    /// What it has kept and not removed yet, the newest last.
    private var keptSteps: [Int] = []
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

    /// Waits for what is under way, and tries once more what waits after that.
    ///
    /// - Returns: the newest step that is kept.
    /// - Throws: what kept a checkpoint from being kept for good.
    func settle() async throws -> Int? {
        await worker?.value
        retry()
        await worker?.value
        await follower?.value
        if let failure { throw failure }
        return keptSteps.last
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
            await removeSuperseded(by: checkpoint.step)
        }
    }

    private func follow() {
        guard follower == nil else { return }
        follower = Task {
            await afterwards()
            follower = nil
        }
    }

    /// Only its own: another process' may be what the job goes on from.
    private func removeSuperseded(by step: Int) async {
        keptSteps.removeAll { $0 == step }
        keptSteps.append(step)
        while keptSteps.count > Self.keptMax {
            do {
                try await store.remove(step: keptSteps[0])
                keptSteps.removeFirst()
            } catch {
                return await log(.warning, "the checkpoint of step \(keptSteps[0]) stays for now: \(error)")
            }
        }
    }
}

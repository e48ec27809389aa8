/// When a run gives a checkpoint: by steps, by time, and never more than its share of the run's time allows (the budget
/// of CheckFreq, https://www.usenix.org/conference/fast21/presentation/mohan).
struct CheckpointPace {
    /// The most of a run's time that checkpoints may keep it from training.
    static let shareMax = 0.035

    private let everySteps: Int
    private let everySeconds: Double
    private let start: Double
    private var lastAt: Double
    /// Seconds that checkpoints, and the copies of the best parameters, have kept the run from training.
    private(set) var spentSeconds = 0.0
    /// Nil before the first checkpoint, which does not wait.
    private var lastCostSeconds: Double?
    private var isPostponed = false

    /// The pace of a run that begins now.
    init(everySteps: Int, everySeconds: Int, now: Double) {
        self.everySteps = everySteps
        self.everySeconds = Double(everySeconds)
        start = now
        lastAt = now
    }

    /// Whether a checkpoint is due after a step. One that the budget does not allow yet is due once it does.
    mutating func isDue(after step: Int, now: Double) -> Bool {
        guard isPostponed || step.isMultiple(of: everySteps) || now - lastAt >= everySeconds else { return false }
        isPostponed = !isAffordable(at: now)
        return !isPostponed
    }

    /// Whether the budget allows one more: what the next one costs is as a rule what the last one did.
    func isAffordable(at now: Double) -> Bool {
        guard let lastCostSeconds else { return true }
        return spentSeconds + lastCostSeconds <= (now - start) * Self.shareMax
    }

    /// What checkpoints have cost so far.
    func overhead(at now: Double) -> CheckpointOverhead {
        CheckpointOverhead(seconds: spentSeconds, share: now > start ? spentSeconds / (now - start) : 0)
    }

    /// A checkpoint was made between these times.
    mutating func didSave(from begin: Double, to end: Double) {
        let cost = max(end - begin, 0)
        lastCostSeconds = cost
        spentSeconds += cost
        lastAt = end
        isPostponed = false
    }

    /// The best parameters, part of every later checkpoint, were copied between these times.
    mutating func didCopyBest(from begin: Double, to end: Double) { spentSeconds += max(end - begin, 0) }
}

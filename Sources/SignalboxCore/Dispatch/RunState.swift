/// How a run is, in the words of every tier.
public enum RunState: Sendable, Equatable {
    /// Accepted; the trainer does not run yet: it waits in a queue, or its machine starts.
    case starting
    /// The trainer runs.
    case running
    /// The trainer ended, with whatever status; the detail is the tier's: exit status, reason, last lines of the log.
    case ended(detail: String)
    /// The provider took the machine back.
    case preempted
    /// The machine was lost under the trainer: restarted, failed, its host maintained.
    case lost(detail: String)
    /// The tier took the order and could not carry it out after all.
    case refused(TierError)
    /// The tier knows no such run.
    case gone

    /// Whether the trainer may run, now or later.
    public var isAlive: Bool { self == .starting || self == .running }
}

extension RunState {
    /// What a trainer's exit status means: it is the same on every tier.
    ///
    /// - Parameter detail: the tier's, for all but an end in order.
    public init(trainerExit status: Int, detail: String) {
        switch status {
        case TrainerExit.preempted: self = .preempted
        // The stores were away, and no code is to blame.
        case TrainerExit.unavailable: self = .lost(detail: detail)
        default: self = .ended(detail: detail)
        }
    }
}

import SignalboxCore

/// How a run on a machine of ours ended, as the machine wrote it down before it deleted itself.
///
/// `ended 1`, a cause and the trainer's exit status, and on the lines behind it the last of the log.
struct ExitReport: Sendable, Equatable {
    /// Bytes of a report.
    static let bytesMax = 64 << 10

    /// Why a run is over.
    enum Cause: String, Sendable, CaseIterable {
        /// The trainer ended by itself.
        case ended
        /// It was told to stop: the machine was shut down, or deleted.
        case stopped
        /// The provider gave notice that it takes the machine back.
        case preempted
        /// The time limit was reached.
        case limit
        /// The machine was started again under the trainer.
        case restarted
        /// The container was lost.
        case lost
        /// The container did not start.
        case unstarted
    }

    /// Why.
    var cause: Cause
    /// The trainer's exit status.
    var status: Int
    /// The last of the log.
    var tail: String

    /// A report of its parts.
    init(cause: Cause, status: Int, tail: String) {
        self.cause = cause
        self.status = status
        self.tail = tail
    }

    /// Reads a report; one that is cut short tells of a trainer that ended, and no more.
    init(text: String) {
        let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let words = (lines.first ?? "").split(separator: " ")
        let cause = words.first.flatMap { Cause(rawValue: String($0)) }
        let status = words.dropFirst().first.flatMap { Int($0) }
        guard let cause, let status else {
            self.init(cause: .ended, status: 1, tail: text)
            return
        }
        self.init(cause: cause, status: status, tail: lines.count > 1 ? String(lines[1]) : "")
    }

    /// What it says of the run.
    var state: RunState {
        switch cause {
        case .ended, .stopped:
            return RunState(trainerExit: status, detail: detail)
        case .preempted: return status == 0 ? .ended(detail: detail) : .preempted
        case .limit: return RunState(trainerExit: status, detail: "stopped at its time limit; \(detail)")
        case .restarted: return .lost(detail: "the machine was started again under the trainer")
        case .lost: return .lost(detail: "the container was lost")
        case .unstarted: return unstarted
        }
    }

    /// Whether the trainer failed, so that what happened to its machine may be why.
    var isFailure: Bool { status != 0 && [.ended, .stopped, .lost, .restarted, .unstarted].contains(cause) }

    private var detail: String {
        let log = tail.split(separator: "\n").suffix(Self.detailLinesMax).joined(separator: "\n")
        let text = "the trainer ended with exit status \(status)"
        return log.isEmpty ? text : "\(text); its last words:\n\(log)"
    }

    /// Lines of the log that a detail repeats.
    private static let detailLinesMax = 20

    /// An image that is not there, or may not be had, is so for every attempt; anything else deserves another.
    private var unstarted: RunState {
        let message = "the container did not start: \(tail)"
        let words = tail.lowercased()
        if ["denied", "unauthorized", "forbidden"].contains(where: words.contains) {
            return .refused(TierError(.permissionDenied, message))
        }
        if ["not found", "manifest unknown", "invalid reference"].contains(where: words.contains) {
            return .refused(TierError(.invalidOrder, message))
        }
        return .ended(detail: message)
    }
}

import Glibc
import SignalboxCore

/// How a run ended, as its `exit` file says: `STATUS[ CAUSE]`.
struct RunExit: Sendable, Equatable, CustomStringConvertible {
    /// What ended it, where it was not the trainer itself.
    enum Cause: String {
        /// It was cancelled before the trainer started.
        case cancelled
        /// It was cancelled, did not end when asked, and was killed.
        case killed
        /// It had reached the time limit of its run.
        case timeLimit = "time_limit"
    }

    /// Of a run whose trainer was never started.
    static let neverStarted = RunExit(status: 128 + SIGTERM, cause: .cancelled)

    /// The exit status, that of a shell: 128 and the signal's number for one that a signal ended.
    let status: Int32
    /// What ended it; nil: the trainer itself.
    let cause: Cause?

    /// An end of its parts.
    init(status: Int32, cause: Cause?) {
        self.status = status
        self.cause = cause
    }

    /// Reads a file's text; nil where it is malformed.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard (1...2).contains(parts.count), let status = Int32(parts[0]) else { return nil }
        self.status = status
        cause = parts.count > 1 ? Cause(rawValue: String(parts[1])) : nil
    }

    /// The file's text.
    var description: String { cause.map { "\(status) \($0.rawValue)" } ?? "\(status)" }

    /// The state of a run that ended like this.
    func state(log: String) -> RunState {
        RunState(trainerExit: Int(status), detail: RunLog.detail(reason, log: log))
    }

    private var reason: String {
        let signal = status > 128 ? " (signal \(status - 128))" : ""
        let end = "the trainer ended with exit status \(status)\(signal)"
        return switch cause {
        case nil: end
        case .cancelled: "the run was cancelled before the trainer started"
        case .killed: "\(end): the run was cancelled, and killed as it did not end when asked"
        case .timeLimit: "\(end): the run had reached its time limit"
        }
    }
}

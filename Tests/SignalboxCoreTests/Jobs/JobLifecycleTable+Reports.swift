import SignalboxCore

/// The rows of a trainer's reports.
extension LifecycleRow {
    private typealias Report = @Sendable (_ runner: String) -> JobInput

    /// The same report from the process that is heard, from another one, and from another one when nobody is heard:
    /// only the first word of a process counts then, and before anybody was heard.
    private static func report(_ name: String, _ cell: Cell, _ input: Report) -> [LifecycleRow] {
        let taken: [Job.Phase: Cell] = [
            .launching: (.attemptTaken, .launching), .launched: (.attemptTaken, .launched),
            .running: (.attemptTaken, .running),
        ]
        var ours = taken
        ours[.running] = cell
        return [
            LifecycleRow(name, input(Sample.runner), ours),
            LifecycleRow("\(name), second runner", input(Sample.secondRunner), taken),
            LifecycleRow("\(name), second runner, lease over", input(Sample.secondRunner), fresh: false, taken),
        ]
    }

    private static func firstWord(_ name: String, _ input: Report) -> [LifecycleRow] {
        let lives: Cell = (.heartbeat, .running)
        let cells: [Job.Phase: Cell] = [.launching: lives, .launched: lives, .running: lives]
        var fenced = cells
        fenced[.running] = (.attemptTaken, .running)
        return [
            LifecycleRow(name, input(Sample.runner), cells),
            LifecycleRow("\(name), second runner", input(Sample.secondRunner), fenced),
            LifecycleRow("\(name), second runner, lease over", input(Sample.secondRunner), fresh: false, cells),
        ]
    }

    private static let progress = Job.Progress(step: 1, totalSteps: 2, loss: 3)
    private static let failure = Job.Failure(.diverged, "loss is nan")

    private static let words: [LifecycleRow] =
        firstWord("first heartbeat") { .heartbeat(attempt: tableAttempt, runner: $0, progress: progress) }
        + firstWord("first heartbeat without progress") {
            .heartbeat(attempt: tableAttempt, runner: $0, progress: nil)
        }

    private static let others: [(String, Cell, Report)] = [
        (
            "heartbeat", (.heartbeat, .running),
            { .heartbeat(attempt: tableAttempt, runner: $0, progress: progress, isFirst: false) }
        ),
        ("canary passed", (.canaryPassed, .running), { .canary(attempt: tableAttempt, runner: $0, passed: true) }),
        ("canary failed", (.attemptGivenUp, .pending), { .canary(attempt: tableAttempt, runner: $0, passed: false) }),
        ("preempted", (.attemptGivenUp, .pending), { .preempted(attempt: tableAttempt, runner: $0) }),
        ("completed", (.completed, .completed), { .completed(attempt: tableAttempt, runner: $0, Sample.result) }),
        ("failed", (.failed, .failed), { .failed(attempt: tableAttempt, runner: $0, failure) }),
        (
            "failed over what may pass", (.attemptGivenUp, .pending),
            { .failed(attempt: tableAttempt, runner: $0, Job.Failure(.engineFailed, "no device")) }
        ),
    ]

    static let reports: [LifecycleRow] = words + others.flatMap { report($0.0, $0.1, $0.2) }
}

extension JobInput {
    /// The same input about another attempt; nil where it is about none.
    func about(attempt: Int) -> JobInput? {
        switch self {
        case .attended, .retried: nil
        case .found(_, let handle, let launcher): .found(attempt: attempt, handle: handle, launcher: launcher)
        case .launched(_, let handle): .launched(attempt: attempt, handle: handle)
        case .launchRefused(_, let error, let launcher): .launchRefused(attempt: attempt, error, launcher: launcher)
        case .specTaken(_, let message, let launcher):
            .specTaken(attempt: attempt, message: message, launcher: launcher)
        case .inspected(_, let answer, let other, let asOf):
            .inspected(attempt: attempt, answer, of: other, asOf: asOf)
        case .logRead(_, let lines): .logRead(attempt: attempt, lines)
        case .released: .released(attempt: attempt)
        case .tierFailed(_, let error, let asOf): .tierFailed(attempt: attempt, error, asOf: asOf)
        case .heartbeat(_, let runner, let progress, let isFirst):
            .heartbeat(attempt: attempt, runner: runner, progress: progress, isFirst: isFirst)
        case .canary(_, let runner, let passed, let log):
            .canary(attempt: attempt, runner: runner, passed: passed, log: log)
        case .preempted(_, let runner, let cause): .preempted(attempt: attempt, runner: runner, because: cause)
        case .completed(_, let runner, let result): .completed(attempt: attempt, runner: runner, result)
        case .failed(_, let runner, let failure): .failed(attempt: attempt, runner: runner, failure)
        }
    }
}

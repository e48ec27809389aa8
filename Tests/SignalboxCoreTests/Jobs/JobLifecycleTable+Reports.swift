import SignalboxCore

/// The rows of a trainer's reports.
extension LifecycleRow {
    /// The same report from the process that is heard, from another one, and from another one when nobody is heard.
    private static func report(
        _ name: String,
        _ cells: [Job.Phase: Cell],
        _ input: (_ runner: String) -> JobInput
    ) -> [LifecycleRow] {
        var fenced = cells
        fenced[.running] = (.attemptTaken, .running)
        return [
            LifecycleRow(name, input(Sample.runner), cells),
            LifecycleRow("\(name), second runner", input(Sample.secondRunner), fenced),
            LifecycleRow("\(name), second runner, lease over", input(Sample.secondRunner), fresh: false, cells),
        ]
    }

    private static func everywhere(_ cell: Cell) -> [Job.Phase: Cell] {
        [.launching: cell, .launched: cell, .running: cell]
    }

    private static let lives = everywhere((.heartbeat, .running))
    private static let progress = Job.Progress(step: 1, totalSteps: 2, loss: 3)

    static let reports: [LifecycleRow] =
        report("heartbeat", lives) { .heartbeat(attempt: tableAttempt, runner: $0, progress: progress) }
        + report("heartbeat without progress", lives) {
            .heartbeat(attempt: tableAttempt, runner: $0, progress: nil)
        }
        + report("canary passed", [.running: (.canaryPassed, .running)]) {
            .canary(attempt: tableAttempt, runner: $0, passed: true)
        }
        + report("canary failed", [.running: (.attemptGivenUp, .pending)]) {
            .canary(attempt: tableAttempt, runner: $0, passed: false)
        }
        + report("preempted", everywhere((.attemptGivenUp, .pending))) {
            .preempted(attempt: tableAttempt, runner: $0)
        }
        + report("completed", everywhere((.completed, .completed))) {
            .completed(attempt: tableAttempt, runner: $0, Sample.result)
        }
        + report("failed", everywhere((.failed, .failed))) {
            .failed(attempt: tableAttempt, runner: $0, Job.Failure(.diverged, "loss is nan"))
        }
}

extension JobInput {
    /// The same input about another attempt; nil where it is about none.
    func about(attempt: Int) -> JobInput? {
        switch self {
        case .attended, .retried: nil
        case .found(_, let handle): .found(attempt: attempt, handle: handle)
        case .launched(_, let handle): .launched(attempt: attempt, handle: handle)
        case .launchRefused(_, let error): .launchRefused(attempt: attempt, error)
        case .specTaken(_, let message): .specTaken(attempt: attempt, message: message)
        case .inspected(_, let state): .inspected(attempt: attempt, state: state)
        case .released: .released(attempt: attempt)
        case .tierFailed(_, let error): .tierFailed(attempt: attempt, error)
        case .heartbeat(_, let runner, let progress): .heartbeat(attempt: attempt, runner: runner, progress: progress)
        case .canary(_, let runner, let passed): .canary(attempt: attempt, runner: runner, passed: passed)
        case .preempted(_, let runner): .preempted(attempt: attempt, runner: runner)
        case .completed(_, let runner, let result): .completed(attempt: attempt, runner: runner, result)
        case .failed(_, let runner, let failure): .failed(attempt: attempt, runner: runner, failure)
        }
    }
}

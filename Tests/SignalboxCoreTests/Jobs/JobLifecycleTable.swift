import SignalboxCore
import Testing

/// What must come of every input in every phase that is not over.
struct LifecycleRow: Sendable, CustomTestStringConvertible {
    /// The decision and the next phase.
    struct Outcome: Sendable, Equatable {
        let decision: JobDecision
        let phase: Job.Phase
    }

    let name: String
    let input: JobInput
    let isLeaseFresh: Bool
    let pending: Outcome
    let launching: Outcome
    let launched: Outcome
    let running: Outcome

    var testDescription: String { name }

    func outcome(in phase: Job.Phase) -> Outcome {
        switch phase {
        case .pending: pending
        case .launching: launching
        case .launched: launched
        case .running: running
        case .completed, .failed: Outcome(decision: .terminal, phase: phase)
        }
    }
}

/// The attempt that the table's jobs are at.
let tableAttempt = 2

extension LifecycleRow {
    private typealias Cell = (JobDecision, Job.Phase)

    private static func row(
        _ name: String,
        _ input: JobInput,
        fresh: Bool = true,
        _ pending: Cell,
        _ launching: Cell,
        _ launched: Cell,
        _ running: Cell
    ) -> LifecycleRow {
        func outcome(_ cell: Cell) -> Outcome { Outcome(decision: cell.0, phase: cell.1) }
        return LifecycleRow(
            name: name,
            input: input,
            isLeaseFresh: fresh,
            pending: outcome(pending),
            launching: outcome(launching),
            launched: outcome(launched),
            running: outcome(running)
        )
    }

    private static let attended = JobInput.attended(launcher: "me", tier: "scripted")
    private static let ignored: (Cell, Cell, Cell, Cell) = (
        (.ignored, .pending), (.ignored, .launching), (.ignored, .launched), (.ignored, .running)
    )

    private static func inspected(_ name: String, _ state: RunState?, fresh: Bool, _ cell: Cell?) -> LifecycleRow {
        row(
            "the tier says \(name), lease \(fresh ? "fresh" : "over")",
            .inspected(attempt: tableAttempt, state: state),
            fresh: fresh,
            ignored.0,
            ignored.1,
            cell.map { ($0.0, $0.1 == .running ? .launched : $0.1) } ?? ignored.2,
            cell ?? ignored.3
        )
    }

    static let launches: [LifecycleRow] = [
        row(
            "attended, lease fresh",
            attended,
            (.attemptClaimed, .launching),
            (.launcherBusy, .launching),
            (.leaseFresh, .launched),
            (.leaseFresh, .running)
        ),
        row(
            "attended, lease over",
            attended,
            fresh: false,
            (.attemptClaimed, .launching),
            (.launchTakenOver, .launching),
            (.leaseExpired, .launched),
            (.leaseExpired, .running)
        ),
        row(
            "found",
            .found(attempt: tableAttempt, handle: "h"),
            ignored.0,
            (.runAdopted, .launched),
            ignored.2,
            ignored.3
        ),
        row(
            "not found",
            .found(attempt: tableAttempt, handle: nil),
            ignored.0,
            (.runMissing, .launching),
            ignored.2,
            ignored.3
        ),
        row(
            "launched",
            .launched(attempt: tableAttempt, handle: "h"),
            (.runLaunched, .pending),
            (.runLaunched, .launched),
            (.runLaunched, .launched),
            (.runLaunched, .running)
        ),
        row(
            "refused for now",
            .launchRefused(attempt: tableAttempt, message: "capacity", isTransient: true),
            ignored.0,
            (.attemptGivenUp, .pending),
            ignored.2,
            ignored.3
        ),
        row(
            "refused for good",
            .launchRefused(attempt: tableAttempt, message: "invalid", isTransient: false),
            ignored.0,
            (.failed, .failed),
            ignored.2,
            ignored.3
        ),
    ]

    static let reports: [LifecycleRow] = [
        row(
            "heartbeat",
            .heartbeat(attempt: tableAttempt, progress: Job.Progress(step: 1, totalSteps: 2, loss: 3)),
            ignored.0,
            (.heartbeat, .running),
            (.heartbeat, .running),
            (.heartbeat, .running)
        ),
        row(
            "heartbeat without progress, lease over",
            .heartbeat(attempt: tableAttempt, progress: nil),
            fresh: false,
            ignored.0,
            (.heartbeat, .running),
            (.heartbeat, .running),
            (.heartbeat, .running)
        ),
        row(
            "preempted",
            .preempted(attempt: tableAttempt),
            ignored.0,
            (.attemptGivenUp, .pending),
            (.attemptGivenUp, .pending),
            (.attemptGivenUp, .pending)
        ),
        row(
            "completed",
            .completed(attempt: tableAttempt, Sample.result),
            ignored.0,
            (.completed, .completed),
            (.completed, .completed),
            (.completed, .completed)
        ),
        row(
            "failed",
            .failed(attempt: tableAttempt, Job.Failure(.diverged, "loss is nan")),
            ignored.0,
            (.failed, .failed),
            (.failed, .failed),
            (.failed, .failed)
        ),
    ]

    private static let states: [(String, RunState?, Cell)] = [
        ("starting", .starting, (.leaseExtended, .running)),
        ("running", .running, (.leaseExtended, .running)),
        ("ended", .ended(detail: "exit 1"), (.attemptGivenUp, .pending)),
        ("preempted", .preempted, (.attemptGivenUp, .pending)),
        ("gone", .gone, (.attemptGivenUp, .pending)),
        ("nothing", nil, (.tierUnreachable, .running)),
    ]

    static let inspections: [LifecycleRow] = states.flatMap { name, state, cell in
        [inspected(name, state, fresh: true, nil), inspected(name, state, fresh: false, cell)]
    }

    static let all = launches + reports + inspections
}

extension JobInput {
    /// The same input about another attempt; nil where it is about none.
    func about(attempt: Int) -> JobInput? {
        switch self {
        case .attended: nil
        case .found(_, let handle): .found(attempt: attempt, handle: handle)
        case .launched(_, let handle): .launched(attempt: attempt, handle: handle)
        case .launchRefused(_, let message, let isTransient):
            .launchRefused(attempt: attempt, message: message, isTransient: isTransient)
        case .inspected(_, let state): .inspected(attempt: attempt, state: state)
        case .heartbeat(_, let progress): .heartbeat(attempt: attempt, progress: progress)
        case .preempted: .preempted(attempt: attempt)
        case .completed(_, let result): .completed(attempt: attempt, result)
        case .failed(_, let failure): .failed(attempt: attempt, failure)
        }
    }
}

import SignalboxCore
import Testing
import Wire

/// What must come of every input in every phase.
struct LifecycleRow: Sendable, CustomTestStringConvertible {
    /// The decision and the next phase.
    struct Outcome: Sendable, Equatable {
        let decision: JobDecision
        let phase: Job.Phase
    }

    typealias Cell = (JobDecision, Job.Phase)

    let name: String
    let input: JobInput
    let isLeaseFresh: Bool
    private let outcomes: [Job.Phase: Outcome]

    var testDescription: String { name }

    /// - Parameter cells: by phase; in a phase that is not named, the input is ignored.
    init(_ name: String, _ input: JobInput, fresh: Bool = true, _ cells: [Job.Phase: Cell]) {
        self.name = name
        self.input = input
        isLeaseFresh = fresh
        outcomes = cells.mapValues { Outcome(decision: $0.0, phase: $0.1) }
    }

    func outcome(in phase: Job.Phase) -> Outcome {
        outcomes[phase] ?? Outcome(decision: phase.isTerminal ? .terminal : .ignored, phase: phase)
    }
}

/// The attempt that the table's jobs are at.
let tableAttempt = 2
/// When they last changed.
let tableUpdatedAt = Sample.now + .seconds(100)

extension LifecycleRow {
    private static let attended = JobInput.attended(launcher: "me", ladder: Sample.ladder)

    static let launches: [LifecycleRow] = [
        LifecycleRow(
            "attended, lease fresh",
            attended,
            [
                .pending: (.attemptClaimed, .launching), .launching: (.launcherBusy, .launching),
                .launched: (.leaseFresh, .launched), .running: (.leaseFresh, .running),
            ]
        ),
        LifecycleRow(
            "attended, lease over",
            attended,
            fresh: false,
            [
                .pending: (.attemptClaimed, .launching), .launching: (.launchTakenOver, .launching),
                .launched: (.leaseExpired, .launched), .running: (.leaseExpired, .running),
            ]
        ),
        LifecycleRow(
            "found",
            .found(attempt: tableAttempt, handle: "h", launcher: "late"),
            [
                .launching: (.runAdopted, .launched), .launched: (.runAdopted, .launched),
                .running: (.runAdopted, .running),
            ]
        ),
        LifecycleRow(
            "not found",
            .found(attempt: tableAttempt, handle: nil, launcher: "other"),
            [.launching: (.runMissing, .launching)]
        ),
        LifecycleRow(
            "not found, noted by a launcher that was taken over",
            .found(attempt: tableAttempt, handle: nil, launcher: "late"),
            [:]
        ),
        LifecycleRow(
            "launched",
            .launched(attempt: tableAttempt, handle: "h"),
            [
                .launching: (.runLaunched, .launched), .launched: (.runLaunched, .launched),
                .running: (.runLaunched, .running),
            ]
        ),
        LifecycleRow(
            "spec taken",
            .specTaken(attempt: tableAttempt, message: "other bytes", launcher: "other"),
            [.launching: (.attemptGivenUp, .pending)]
        ),
        LifecycleRow(
            "spec taken, heard by a launcher that was taken over",
            .specTaken(attempt: tableAttempt, message: "other bytes", launcher: "late"),
            [:]
        ),
        LifecycleRow(
            "refused, heard by a launcher that was taken over",
            .launchRefused(attempt: tableAttempt, TierError(.capacity, "no"), launcher: "late"),
            [:]
        ),
        LifecycleRow(
            "a log was read, of a run that is not overdue",
            .logRead(attempt: tableAttempt, ["INFO step 7"]),
            [:]
        ),
        LifecycleRow("released", .released(attempt: tableAttempt), [.pending: (.runReleased, .pending)]),
        LifecycleRow(
            "retried",
            .retried(tier: nil, spendMaxUSD: nil),
            [.failed: (.reopened, .pending)]
        ),
    ]

    static let refusals: [LifecycleRow] = TierError.Code.allCases.map { code in
        let isForNow = code == .capacity || code == .quota
        return LifecycleRow(
            "refused: \(code.rawValue)",
            .launchRefused(attempt: tableAttempt, TierError(code, "no"), launcher: "other"),
            [.launching: isForNow ? (.attemptGivenUp, .pending) : (.failed, .failed)]
        )
    }

    static let tierFailures: [LifecycleRow] = TierError.Code.allCases.flatMap { code in
        let phases: [Job.Phase] = [.pending, .launching, .launched, .running]
        let input = { JobInput.tierFailed(attempt: tableAttempt, TierError(code, "no"), asOf: $0) }
        return [
            LifecycleRow(
                "the tier failed: \(code.rawValue)",
                input(tableUpdatedAt),
                Dictionary(uniqueKeysWithValues: phases.map { ($0, (.problemNoted, $0)) })
            ),
            LifecycleRow("the tier failed, noted late: \(code.rawValue)", input(tableUpdatedAt + .seconds(-1)), [:]),
        ]
    }

    private static let states: [(String, Result<RunState, TierError>, Cell)] = [
        ("starting", .success(.starting), (.leaseExtended, .running)),
        ("running", .success(.running), (.leaseExtended, .running)),
        ("ended", .success(.ended(detail: "exit 1")), (.attemptGivenUp, .pending)),
        ("preempted", .success(.preempted), (.attemptGivenUp, .pending)),
        ("lost", .success(.lost(detail: "host error")), (.attemptGivenUp, .pending)),
        ("gone", .success(.gone), (.attemptGivenUp, .pending)),
        ("refused for now", .success(.refused(TierError(.quota, "used up"))), (.attemptGivenUp, .pending)),
        ("refused for good", .success(.refused(TierError(.invalidOrder, "no such machine"))), (.failed, .failed)),
        ("nothing", .failure(TierError(.unreachable, "no answer")), (.tierUnreachable, .running)),
    ]

    /// Before the first heartbeat the tier's word is all there is; later it counts only where the trainer is silent.
    static let inspections: [LifecycleRow] = states.flatMap { name, answer, cell in
        let starting: Cell = (cell.0, cell.1 == .running ? .launched : cell.1)
        let early: Cell = cell.0 == .leaseExtended ? (.leaseFresh, .launched) : starting
        let input = JobInput.inspected(attempt: tableAttempt, answer, asOf: tableUpdatedAt)
        let late = JobInput.inspected(attempt: tableAttempt, answer, asOf: tableUpdatedAt + .seconds(-1))
        return [
            LifecycleRow("the tier says \(name), lease fresh", input, [.launched: early]),
            LifecycleRow(
                "the tier says \(name), lease over",
                input,
                fresh: false,
                [.launched: starting, .running: cell]
            ),
            LifecycleRow("the tier says \(name), noted late", late, fresh: false, [:]),
        ]
    }

    static let all = launches + refusals + tierFailures + inspections + reports
}

import SignalboxCore

/// What Slurm's states mean to a run (https://slurm.schedmd.com/job_state_codes.html).
extension SlurmJob {
    /// States and flags of a job that is not over, beside the flags below.
    private static let aliveStates: Set<String> = ["PENDING", "RUNNING", "STAGE_OUT", "SPECIAL_EXIT"]
    /// Flags of a job whose script may run, or still runs after it was told to end.
    private static let runningFlags: Set<String> = ["COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING"]
    /// Flags of a job whose script does not run yet, or not again yet.
    private static let startingFlags: Set<String> = [
        "CONFIGURING", "POWER_UP_NODE", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD",
    ]
    /// States in which the cluster failed the job.
    private static let lostStates: Set<String> = [
        "NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED", "RECONFIG_FAIL", "REVOKED",
    ]
    /// Reasons by which a failed job never ran, or not to its own end.
    private static let lostReasons: Set<String> = [
        "SystemFailure", "JobLaunchFailure", "NodeDown", "FrontEndDown", "Prolog",
    ]
    /// Reasons why a job waits that no waiting ends.
    private static let impossible: Set<String> = [
        "BadConstraints", "PartitionNodeLimit", "PartitionTimeLimit", "AccountNotAllowed", "QOSNotAllowed",
        "InvalidAccount", "InvalidQOS", "DependencyNeverSatisfied", "ReservationDeleted",
    ]

    /// Whether nothing of it is left but its record.
    var isOver: Bool {
        let alive = Self.aliveStates.union(Self.runningFlags).union(Self.startingFlags)
        return !states.isEmpty && states.isDisjoint(with: alive)
    }

    /// Whether it is the record that a rejected submission leaves.
    var wasRejected: Bool { states == ["FAILED"] && neverStarts != nil }

    /// How the run is.
    ///
    /// - Parameter log: the path of its log, read where it can be.
    func state(log: String) -> RunState {
        guard isOver else { return stateBeforeEnd }
        if exit == .status(TrainerExit.preempted) || states.contains("PREEMPTED") { return .preempted }
        if let error = neverStarts { return .refused(error) }
        if !states.isDisjoint(with: Self.lostStates) || Self.lostReasons.contains(reason) {
            return .lost(detail: summary)
        }
        let detail = RunLog.detail(summary, log: log)
        guard case .status(let status) = exit else { return .ended(detail: detail) }
        return RunState(trainerExit: status, detail: detail)
    }

    private var stateBeforeEnd: RunState {
        // Told to end, but given time to: the trainer may write yet.
        if !states.isDisjoint(with: Self.runningFlags) { return .running }
        if states.contains("SPECIAL_EXIT") { return .ended(detail: summary) }
        if states.contains("PENDING") || !states.isDisjoint(with: Self.startingFlags) {
            return neverStarts.map { .refused($0) } ?? .starting
        }
        return states.isEmpty ? .starting : .running
    }

    /// The error of a job that waits for what does not come.
    private var neverStarts: TierError? {
        let message = "Slurm job \(id) cannot start: \(reason)"
        if Self.impossible.contains(reason) { return TierError(.invalidOrder, message) }
        // Nodes of that size exist in no state in which they could take it.
        if reason == "PartitionConfig" { return TierError(.capacity, message) }
        let isLimit = reason.hasPrefix("QOSMax") || reason.hasPrefix("AssocMax")
        // A limit on one job; those on a user's or an account's jobs together are waited for.
        let isOfOneJob = reason.contains("PerJob") || reason.contains("PerNode")
        return isLimit && isOfOneJob ? TierError(.quota, message) : nil
    }

    /// `Slurm job 12: FAILED (NonZeroExitCode), exit status 3`.
    private var summary: String {
        let state = states.sorted().joined(separator: "+")
        let reason = reason.isEmpty ? "" : " (\(reason))"
        return "Slurm job \(id): \(state)\(reason)" + (exit.map { ", \($0)" } ?? "")
    }
}

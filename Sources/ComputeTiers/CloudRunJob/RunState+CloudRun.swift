import GoogleCloud
import SignalboxCore

extension RunState {
    /// What a job of Cloud Run's says of its newest execution.
    init(_ job: CloudRunJob) {
        guard job.executionID != nil else {
            self = RunState(unstarted: job)
            return
        }
        switch job.completionStatus {
        case .unspecified, .pending: self = .starting
        case .running: self = .running
        case .succeeded: self = .ended(detail: "the trainer ended with exit status 0")
        case .failed: self = .ended(detail: "the execution failed")
        case .cancelled: self = .ended(detail: "the execution was cancelled")
        }
    }

    /// What a job says that has no execution yet.
    init(unstarted job: CloudRunJob) {
        guard let condition = job.terminalCondition, condition.state == .failed else {
            self = .starting
            return
        }
        self = Self.neverStarted(condition)
    }

    /// What an execution says, and the task of one that failed.
    init(_ execution: CloudRunExecution, task: CloudRunTask?) {
        if Self.isFailure(execution) {
            self = Self.failed(execution, task)
        } else if execution.succeededCount > 0 {
            self = .ended(detail: "the trainer ended with exit status 0")
        } else if execution.completed != nil {
            self = .ended(detail: Self.detail(execution, "the execution is over"))
        } else {
            self = execution.runningCount > 0 || execution.started != nil ? .running : .starting
        }
    }

    /// Whether an execution is over, and not well.
    static func isFailure(_ execution: CloudRunExecution) -> Bool {
        if execution.condition("Completed")?.state == .failed { return true }
        return execution.completed != nil && execution.succeededCount == 0
            && execution.failedCount + execution.cancelledCount > 0
    }

    /// Whether somebody has asked for an execution's end.
    static func isBeingCancelled(_ execution: CloudRunExecution) -> Bool {
        execution.conditions.contains { $0.executionReason == .cancelling || $0.executionReason == .cancelled }
    }

    private static func failed(_ execution: CloudRunExecution, _ task: CloudRunTask?) -> RunState {
        if let code = task?.exitCode, code != 0 {
            let text = detail(execution, "the trainer ended with exit status \(code)")
            return RunState(trainerExit: code, detail: text)
        }
        if let signal = task?.signal, signal != 0 {
            let message = task?.status?.message ?? "no explanation"
            return .ended(detail: detail(execution, "the trainer was ended by signal \(signal): \(message)"))
        }
        let condition = execution.conditions.first { $0.state == .failed }
        if execution.cancelledCount > 0 || isBeingCancelled(execution) {
            return .ended(detail: detail(execution, "the execution was cancelled"))
        }
        if execution.started == nil, let condition { return neverStarted(condition) }
        let message = task?.status?.message ?? condition?.message ?? "no explanation"
        let isService =
            condition.map(isService) ?? false || [.internal, .unavailable, .aborted].contains(task?.status?.code)
        return isService ? .lost(detail: message) : .ended(detail: detail(execution, message))
    }

    /// Why a job or an execution did not start.
    private static func neverStarted(_ condition: CloudRunCondition) -> RunState {
        let message = condition.message.isEmpty ? "no explanation" : condition.message
        if let refusal = Shortage(reason: condition.reason?.rawValue, message: message)?.tierError(message) {
            return .refused(refusal)
        }
        guard !isService(condition), condition.reason != .unknown else { return .lost(detail: message) }
        switch condition.reason {
        case .containerPermissionDenied, .imageUnauthorized, .imageCheckFailed, .keyPermissionDenied, .keyCheckFailed,
            .secretsCheckFailed:
            return .refused(TierError(.permissionDenied, message))
        case .progressDeadlineExceeded: return .refused(TierError(.capacity, message))
        default: return .refused(TierError(.invalidOrder, message))
        }
    }

    /// Whether the end is the service's doing, or of whoever deleted the execution: another attempt need not meet it.
    private static func isService(_ condition: CloudRunCondition) -> Bool {
        let reasons: [CloudRunCondition.Reason] = [.internal, .waiting, .immediateRetry, .postponedRetry]
        let ofExecutions: [CloudRunCondition.ExecutionReason] = [.pollingError, .deleted]
        return condition.reason.map(reasons.contains) ?? false
            || condition.executionReason.map(ofExecutions.contains) ?? false
    }

    private static func detail(_ execution: CloudRunExecution, _ text: String) -> String {
        execution.logURL.map { "\(text); log: \($0)" } ?? text
    }
}

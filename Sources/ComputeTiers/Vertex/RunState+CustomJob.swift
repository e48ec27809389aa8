import GoogleCloud
import SignalboxCore

extension RunState {
    /// What a job of Vertex AI's says of its run.
    init(_ job: CustomJob) {
        switch job.state {
        case .queued, .pending: self = .starting
        // A job that is being cancelled has a trainer that writes its last checkpoint.
        case .running, .updating, .cancelling: self = .running
        case .succeeded, .partiallySucceeded: self = .ended(detail: "the trainer ended with exit status 0")
        case .failed: self = Self.failed(job)
        case .cancelled: self = Self.cancelled(job)
        case .paused: self = .lost(detail: "the job was paused, which nothing of ours does")
        case .expired: self = Self.expired(job)
        case .unspecified:
            // A state from after this was written: what has an end is over.
            self = job.ended == nil ? .running : .ended(detail: "the job is over in a state that is not known")
        }
    }

    private static func failed(_ job: CustomJob) -> RunState {
        let message = job.error?.message ?? "the job failed without an explanation"
        if let status = exitStatus(message) {
            return RunState(trainerExit: status, detail: message)
        }
        if message.lowercased().contains("preempt") { return .preempted }
        if let shortage = Shortage(reason: job.error?.reason, message: message) {
            // Machines that cannot be had again for a job that once ran were taken from it.
            if job.started != nil, shortage == .capacity { return .preempted }
            if let refusal = shortage.tierError(message) {
                return job.started == nil ? .refused(refusal) : .lost(detail: message)
            }
        }
        switch job.error?.code {
        case .permissionDenied where job.started == nil: return .refused(TierError(.permissionDenied, message))
        case .invalidArgument where job.started == nil, .notFound where job.started == nil:
            return .refused(TierError(.invalidOrder, message))
        case .internal, .unavailable, .aborted, .unknown: return .lost(detail: message)
        case .resourceExhausted where job.started == nil: return .refused(TierError(.capacity, message))
        default: return .ended(detail: message)
        }
    }

    private static func cancelled(_ job: CustomJob) -> RunState {
        let message = job.error?.message ?? "the job was cancelled"
        if exitStatus(message) == TrainerExit.preempted { return .preempted }
        return .ended(detail: message)
    }

    private static func expired(_ job: CustomJob) -> RunState {
        let message = job.error?.message ?? "the job expired"
        guard job.started == nil else { return .ended(detail: message) }
        return .refused(TierError(.capacity, "\(message): no machine in time"))
    }

    /// The status in "The replica workerpool0-0 exited with a non-zero status of 1."
    private static func exitStatus(_ message: String) -> Int? {
        let words = message.split(whereSeparator: { " .,:;\n".contains($0) }).map { $0.lowercased() }
        guard let at = words.firstIndex(of: "status"), words[..<at].contains("exited") else { return nil }
        return words[at...].dropFirst().prefix(2).compactMap { Int($0) }.first
    }
}

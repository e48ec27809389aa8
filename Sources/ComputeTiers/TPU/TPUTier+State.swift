import GoogleCloud
import SignalboxCore

extension TPUTier {
    /// How the run of a queued resource is.
    func state(of resource: QueuedResource) async throws(TierError) -> RunState {
        switch resource.state {
        case .creating, .accepted, .waitingForResources, .provisioning: return .starting
        case .failed: return RunState(failureOf: resource)
        // The trainer writes its last checkpoint, and the node is paid for until it is gone.
        case .deleting: return .running
        case .active, .suspending, .suspended, .unspecified: break
        }
        // Written at the very end: a trainer that did what it should is not concerned by what became of its node.
        let report = try await reports.report(of: resource.name["queuedResources"])
        if let report, !report.isFailure { return report.state }
        switch resource.state {
        case .suspending, .suspended:
            if resource.isServiceInitiated {
                return resource.isSpot ? .preempted : .lost(detail: "Cloud TPU took the node back")
            }
            // Deleted by hand.
            return report?.state ?? .lost(detail: "the node was deleted, and its trainer did not report")
        case .active: return try await stateOfNode(resource) ?? report?.state ?? .running
        default: return report?.state ?? .running
        }
    }

    /// What the node says of its run; nil where it is there, and no more is known.
    private func stateOfNode(_ resource: QueuedResource) async throws(TierError) -> RunState? {
        guard let name = resource.node else { return nil }
        let node = try await TierError.translating { () throws(APIError) in try await service.node(name) }
        guard let node else { return .lost(detail: "the node is gone, and its queued resource is not") }
        return RunState(node, isSpot: resource.isSpot)
    }
}

extension RunState {
    /// What a node's state says of its run; nil where it is there, and no more is known.
    init?(_ node: TPUNode, isSpot: Bool) {
        let reason = node.healthDescription.map { ": \($0)" } ?? ""
        switch node.state {
        case .creating, .starting: self = .starting
        // A machine that is deleted or shut down has a trainer that writes its last checkpoint.
        case .ready, .deleting, .stopping, .unspecified: return nil
        case .preempted: self = .preempted
        case .terminated:
            self = isSpot ? .preempted : .lost(detail: "the node was ended for maintenance\(reason)")
        case .restarting, .reimaging:
            self = .lost(detail: "the node was started again under the trainer\(reason)")
        case .repairing, .unknown: self = .lost(detail: "the node is being repaired\(reason)")
        case .stopped: self = .lost(detail: "the node is off\(reason)")
        case .hiding, .hidden, .unhiding: self = .lost(detail: "the node was taken out of sight\(reason)")
        }
    }

    /// Why an order could not be carried out.
    init(failureOf resource: QueuedResource) {
        let message = resource.failure?.message ?? "the order failed without an explanation"
        if let refusal = Shortage(reason: resource.failure?.reason, message: message)?.tierError(message) {
            self = .refused(refusal)
            return
        }
        switch resource.failure?.code {
        case .permissionDenied: self = .refused(TierError(.permissionDenied, message))
        case .invalidArgument, .notFound: self = .refused(TierError(.invalidOrder, message))
        // It waited for as long as it may, or what it was given was taken by another.
        case .resourceExhausted, .deadlineExceeded, .aborted, .cancelled, .unavailable, .failedPrecondition, nil:
            self = .refused(TierError(.capacity, message))
        case .internal, .unknown: self = .lost(detail: message)
        }
    }
}

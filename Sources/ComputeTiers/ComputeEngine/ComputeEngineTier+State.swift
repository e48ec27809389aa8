import GoogleCloud
import SignalboxCore

extension ComputeEngineTier {
    /// How the run of a machine is.
    ///
    /// - Parameter instance: nil where it is gone.
    func state(of instance: Instance?, _ name: ResourceName) async throws(TierError) -> RunState {
        switch instance?.status {
        case .pending, .provisioning, .staging: return .starting
        case .suspending, .suspended: return .lost(detail: "the machine was suspended, which nothing of ours does")
        case .repairing: return .lost(detail: "the machine broke down, and is being repaired")
        // One that shuts down has a trainer that writes its last checkpoint, and is paid for until it is gone.
        case .stopping, .pendingStop: return .running
        // It deletes itself behind its report, if it may.
        case .running, .unspecified:
            guard let report = try await reports.report(of: name["instances"]) else { return .running }
            return try await end(report, name)
        case .terminated, .stopped, .deprovisioning, nil:
            let report = try await reports.report(of: name["instances"])
            let state = try await end(report, name)
            guard state == .gone, instance != nil else { return state }
            return .lost(detail: "the machine was turned off, and its trainer did not report")
        }
    }

    /// How a run ended: what happened to its machine explains why its trainer failed or did not report.
    private func end(_ report: ExitReport?, _ name: ResourceName) async throws(TierError) -> RunState {
        if let report, !report.isFailure { return report.state }
        let operations = try await TierError.translating { () throws(APIError) in
            try await service.operations(on: name)
        }
        return RunState(operations) ?? report?.state ?? .gone
    }
}

extension RunState {
    /// What happened to a machine, where that ends its run.
    init?(_ operations: [ComputeOperation]) {
        let kinds = Set(operations.map(\.kind))
        if kinds.contains(.preempted) {
            self = .preempted
        } else if kinds.contains(.hostError) {
            self = .lost(detail: "the machine's host failed")
        } else if kinds.contains(.terminatedForMaintenance) {
            self = .lost(detail: "the machine's host was maintained")
        } else if kinds.contains(.restarted) {
            self = .lost(detail: "the machine was started again under the trainer")
        } else if let failure = operations.lazy.filter({ $0.kind == .insert }).compactMap(\.failure).first {
            let error = TierError(failure)
            self = error.code == .unreachable ? .lost(detail: error.message) : .refused(error)
        } else {
            return nil
        }
    }
}

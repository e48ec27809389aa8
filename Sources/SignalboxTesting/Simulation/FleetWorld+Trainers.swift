import SignalboxCore
import Wire

/// What is checked of the trainers of one job. Two may live at once for a while: a tier may forget a run or start it
/// anew, and its old process comes back. But a second one is no more than a process that is about to stop.
extension FleetWorld {
    /// A trainer read its job's document: what it knows from now on.
    func didRead(_ document: Document?, by process: SimulatedProcess) {
        guard let run = process.run, let document, document.path == Job.path(of: run.order.jobID) else { return }
        process.lastSeen = JobFacts(document)
    }

    /// A trainer is about to train a step.
    func willTrain(_ process: SimulatedProcess) {
        guard let run = process.run else { return }
        if let seen = process.lastSeen, !seen.isHeld(by: process.name, attempt: run.order.attempt) {
            let holder = seen.leaseHolder ?? "nobody"
            let state = "\(seen.phase.rawValue), attempt \(seen.attempt), and \(holder)'s"
            return fail(.oneTrainer, "\(process.name) trains on though it knows that its job is \(state)")
        }
        guard process.hasLease, let other = holder(of: run.order.jobID, besides: process) else { return }
        fail(.oneTrainer, "\(process.name) trains while \(other.name) has its lease too")
    }

    /// A new attempt was claimed.
    func checkHeld(_ jobID: String) {
        guard let trainer = holder(of: jobID, besides: nil) else { return }
        fail(.oneTrainer, "the next attempt of \(jobID) is claimed while \(trainer.name) has its lease")
    }

    /// A trainer of the job that has a lease and is not about to end.
    private func holder(of jobID: String, besides process: SimulatedProcess?) -> SimulatedProcess? {
        processes.values.filter {
            $0 !== process && $0.run?.order.jobID == jobID && !$0.isDead && !$0.isSteppingDown && $0.hasLease
        }.min { $0.number < $1.number }
    }
}

extension JobFacts {
    /// Whether a trainer's process has the job.
    fileprivate func isHeld(by runner: String, attempt: Int) -> Bool {
        phase == .running && self.attempt == Int64(attempt) && leaseHolder == runner
    }
}

extension SimulatedProcess {
    /// Whether a trainer has a lease, by its own clock: from the moment at which its last acknowledged report was sent.
    fileprivate var hasLease: Bool { leaseEndsAt.map { clock.now() < $0 } ?? false }
}

import SignalboxCore
import Wire

/// What is checked of attempts that are given up by somebody else than their trainers: by what the world knows of their
/// runs, whatever the document gives as the cause.
extension FleetWorld {
    /// An attempt was given up by a function.
    func checkGivenUp(_ old: JobFacts, _ new: JobFacts, _ track: JobTrack, _ process: SimulatedProcess) {
        let isActive = old.phase == .launched || old.phase == .running
        guard isActive, new.phase == .pending || new.phase == .failed, process.role != .trainer else { return }
        let runs = track.runs.filter { Int64($0.order.attempt) == old.attempt }
        switch process.input {
        case .attended: if new.phase == .pending { checkTime(of: runs, track) }
        case .inspected: checkAnswer(old, runs, track, process)
        default: break
        }
    }

    /// Without a look at its run: only its time is a reason then, and that counts from its trainer's start, or from
    /// what is paid for where money is short.
    private func checkTime(of runs: [SimulatedRun], _ track: JobTrack) {
        for run in runs where isHealthy(run) && !isOverdue([run], track) {
            fail(.healthyRunKept, "\(run.handle) was given up, is heard, and may run for \(run.order.runSecondsMax) s")
        }
    }

    /// After a look at its run.
    private func checkAnswer(_ old: JobFacts, _ runs: [SimulatedRun], _ track: JobTrack, _ process: SimulatedProcess) {
        for run in runs where isHealthy(run, heardWithin: policy.leaseSeconds) {
            fail(.healthyRunKept, "\(run.handle) was given up and is heard")
        }
        guard let told = process.told, told.runName == RunOrder.name(jobID: track.id, attempt: Int(old.attempt)) else {
            return
        }
        switch told.answer {
        case .success(let state) where !state.isAlive:
            // Its end is not the attempt's while the trainer of another run has that.
            let isHolders = { (run: SimulatedRun) in run.trainer.map { $0.name == old.leaseHolder } ?? false }
            guard
                let other = runs.first(where: {
                    $0.handle != told.handle && $0.isUp && !$0.isForgotten && isHolders($0)
                })
            else { return }
            fail(.healthyRunKept, "\(other.handle) was given up for the end of \(told.handle ?? "no run")")
        case .success(let state):
            // The trainer's silence alone is no reason.
            guard let run = runs.first(where: { $0.handle == told.handle }), run.isUp, !run.isForgotten,
                !isOverdue(runs, track), !(state == .starting && isQueuedLong(track))
            else { return }
            fail(.healthyRunKept, "\(run.handle) was given up, is up, and its tier had just said so")
        case .failure: checkSilence(old, track)
        }
    }

    /// Nor is the tier's silence, unless it was as long as the trainer's may be.
    private func checkSilence(_ old: JobFacts, _ track: JobTrack) {
        // As the functions noted it: one that stood still between asking and noting notes an old answer late.
        let noted = old.tierSilentSince.map { Int64((Self.timestamp(now) - $0) / .microseconds(1)) } ?? 0
        let silence = max(noted, now - (track.tierSilentSince ?? now))
        guard silence < Int64(policy.leaseSeconds) * 1_000_000 else { return }
        fail(.healthyRunKept, "\(track.id) was given up for silence after \(silence / 1_000_000) s of it")
    }

    /// Whether one of the runs is there longer than its time, the time to stop included.
    private func isOverdue(_ runs: [SimulatedRun], _ track: JobTrack) -> Bool {
        runs.contains { run in
            let start = track.facts.spendMaxUSD == nil ? run.startedAt ?? run.createdAt : run.createdAt
            return now - start >= Int64(run.order.runSecondsMax + Self.stopSeconds) * 1_000_000
        }
    }

    /// Whether an attempt that has not started yet has waited long enough to go elsewhere.
    private func isQueuedLong(_ track: JobTrack) -> Bool {
        guard track.facts.choices > 1, let claimedAt = track.claimedAt else { return false }
        return now - claimedAt >= Int64(policy.queueSecondsMax) * 1_000_000
    }

    /// Whether a trainer works and was heard lately, within two heartbeats unless said otherwise.
    func isHealthy(_ run: SimulatedRun, heardWithin seconds: Int = 2 * FleetSetting.heartbeatSeconds) -> Bool {
        guard run.state == .running, let trainer = run.trainer, !trainer.isDead, !trainer.isFinished,
            !trainer.isTerminated, jobs[run.order.jobID]?.facts.leaseHolder == trainer.name, let heardAt = run.heardAt
        else { return false }
        return now - heardAt <= Int64(seconds) * 1_000_000
    }
}

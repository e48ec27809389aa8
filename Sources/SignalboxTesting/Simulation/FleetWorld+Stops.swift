import SignalboxCore
import Wire

/// What is checked of jobs that are to end before their end: cancelled ones, and those that are over their time.
extension FleetWorld {
    /// How long a trainer that is heard has at least, from being asked to stop to its end.
    static let stopSeconds = 120
    /// How long a cancelled job may go on once faults stopped: two sweeps, the time to stop, and what their calls take.
    static let cancelSecondsMax: Int64 = 1200

    func checkStop(_ old: JobFacts, _ new: JobFacts, _ track: JobTrack, _ process: SimulatedProcess) {
        track.cancelRequestedAt = new.isCancelRequested ? track.cancelRequestedAt ?? now : nil
        track.stopRequestedAt = new.stopBy == nil ? nil : track.stopRequestedAt ?? now
        guard new.phase.isTerminal, !old.phase.isTerminal else { return }
        if let requestedAt = track.cancelRequestedAt {
            let since = max(requestedAt, clearAt)
            if now - since > Self.cancelSecondsMax * 1_000_000 {
                fail(.stopEnds, "\(track.id) went on for \((now - since) / 1_000_000) s after it was cancelled")
            }
        }
        let codes = [JobFailureCode.cancelled, .deadlineExceeded].map(\.rawValue)
        guard old.phase == .running, let code = new.failureCode, codes.contains(code) else { return }
        if process.role == .trainer {
            checkLastStep(track, process)
        } else if process.input == .attended {
            for run in track.runs where Int64(run.order.attempt) == old.attempt && isHealthy(run) {
                checkAsked(old, run, track)
            }
        }
    }

    /// A trainer said that it has stopped, and its job is over: what it did last is kept.
    private func checkLastStep(_ track: JobTrack, _ process: SimulatedProcess) {
        guard process.input == .preempted, let step = process.lastStep else { return }
        let name = "attempt-\(track.facts.attempt)-\(process.name).json"
        let checkpoint = FleetSetting.layout.checkpoint(jobID: track.id, step: step, name: name)
        guard !objects.names.contains(checkpoint.uri) else { return }
        fail(.lastStepKept, "\(process.name) stopped at step \(step), and \(checkpoint) is not there")
    }

    /// A function ended a job whose trainer is heard.
    private func checkAsked(_ old: JobFacts, _ run: SimulatedRun, _ track: JobTrack) {
        // A run that is at its own limit has had its notice.
        guard now - run.createdAt < Int64(run.order.runSecondsMax) * 1_000_000 else { return }
        guard old.isAskedToStop, let stopBy = old.stopBy, stopBy <= Self.timestamp(now),
            let requestedAt = track.stopRequestedAt
        else { return fail(.askedFirst, "\(run.handle) is ended before its time to stop is over") }
        let notice = now - requestedAt
        guard notice < Int64(Self.stopSeconds) * 1_000_000 else { return }
        fail(.askedFirst, "\(run.handle) had \(notice / 1_000_000) s to stop")
    }

    /// By when a job's trainer was to stop, where a look that begins finds that over.
    func overdueStop(of jobID: String) -> Timestamp? {
        guard let facts = jobs[jobID]?.facts, facts.phase == .running, let stopBy = facts.stopBy,
            stopBy <= Self.timestamp(now)
        else { return nil }
        return stopBy
    }

    /// A look is over that began when the time to stop was.
    func checkEnded(_ jobID: String, _ stopBy: Timestamp?) {
        guard let stopBy, let facts = jobs[jobID]?.facts, facts.phase == .running, facts.stopBy == stopBy else {
            return
        }
        fail(.stopEnds, "\(jobID) was to stop by \(stopBy), and goes on after a look")
    }
}

import SignalboxCore
import Wire

/// What every launch, cancel and removal is checked against.
extension FleetWorld {
    /// How long anything may outlive its job, once faults stopped.
    static let outliveSecondsMax: Int64 = 600

    /// A tier is about to create a run.
    func willLaunch(_ run: SimulatedRun, on tier: SimulatedTier, by process: SimulatedProcess) {
        guard let track = jobs[run.order.jobID] else {
            return fail(.launchedOnce, "\(run.order.name) is launched without a job")
        }
        track.runs.append(run)
        if !isWanted(run, track.facts) { run.unwantedAt = now }
        guard let present = tier.known.first(where: { $0.order.name == run.order.name && $0.isHolding }) else { return }
        let looked = process.looked[run.order.name]
        guard let looked, present.createdAt >= looked else {
            return fail(.launchedOnce, "\(process.name) launches \(run.order.name), which could be seen")
        }
    }

    /// A process cancels a run.
    func willCancel(_ run: SimulatedRun, by process: SimulatedProcess) {
        guard let facts = jobs[run.order.jobID]?.facts, facts.phase == .running, isWanted(run, facts),
            facts.leaseHolder == run.trainer?.name, isHealthy(run), !facts.isCancelRequested, !facts.isAskedToStop
        else { return }
        fail(.healthyRunKept, "\(process.name) cancels \(run.handle), whose trainer is heard")
    }

    /// A run gave back what it held.
    func didRelease(_ run: SimulatedRun) {
        guard let unwantedAt = run.unwantedAt, !run.isForgotten else { return }
        let since = max(unwantedAt, clearAt, run.createdAt)
        // How long a machine takes to go that was told to is its tier's.
        let until = run.isStubborn ? run.cancelledAt ?? now : now
        guard until - since > Self.outliveSecondsMax * 1_000_000 else { return }
        fail(.nothingOutlives, "\(run.handle) was held for \((now - since) / 1_000_000) s after nobody wanted it")
    }

    /// - Parameter begunAt: when the call began, by the process's clock.
    func didWrite(_ name: ObjectName, by process: SimulatedProcess, begunAt: Timestamp) {
        announceUpload(name)
        noteLeftover(name, by: process)
        let parts = name.name.split(separator: "/")
        guard let run = process.run, parts.count > 2, ["logs", "checkpoints", "models"].contains(parts[0]),
            let track = jobs[run.order.jobID]
        else { return }
        checkLease(of: process, track, name, begunAt)
        guard parts[2] == "metrics.jsonl", track.metricsWriters.last != process.name else { return }
        if track.metricsWriters.contains(process.name) {
            fail(.oneWriter, "\(process.name) writes over the metrics of \(track.metricsWriters.last ?? "")")
        }
        track.metricsWriters.append(process.name)
    }

    /// A trainer wrote an object of its job: one whose lease was over when it began must have asked first.
    private func checkLease(
        of process: SimulatedProcess,
        _ track: JobTrack,
        _ name: ObjectName,
        _ begunAt: Timestamp
    ) {
        if let end = process.leaseEndsAt, begunAt < end { return }
        guard track.facts.phase != .running || track.facts.leaseHolder != process.name else { return }
        let state = "\(track.facts.phase.rawValue), attempt \(track.facts.attempt)"
        fail(.oneWriter, "\(process.name) writes \(name) without a lease, and the job is \(state)")
    }

    func didDelete(_ name: ObjectName, by process: SimulatedProcess) {
        let parts = name.name.split(separator: "/")
        guard name.bucket == FleetSetting.layout.trainingBucket, parts.count > 2 else { return }
        let track = jobs[String(parts[1])]
        checkRemoved(name.uri)
        switch parts[0] {
        case "datasets": fail(.reachableKept, "\(process.name) removes \(name)")
        case "models":
            // What a trainer stored that never came to publish it is nobody's.
            let version = "\(ModelRegistry.collection)/\(parts[1])/versions/\(parts[2])"
            guard jobs.all.contains(where: { $0.publications.contains(version) }) else { return }
            fail(.reachableKept, "\(process.name) removes \(name) of a published model")
        case "jobs":
            // While a launch is under way, what is there may be another document's, which the attempt gives way to.
            guard let track, [.launched, .running].contains(track.facts.phase),
                parts[2] == "attempt-\(track.facts.attempt)"
            else { return }
            fail(.reachableKept, "\(process.name) removes \(name), which a live job starts from")
        case "logs":
            guard let track, !track.hasEnded else { return }
            fail(.reachableKept, "\(process.name) removes \(name) of a job that was never over")
        case "checkpoints":
            // The newest step stays, also of a job that somebody opened again while the plan was carried out.
            let folder = "gs://\(name.bucket)/checkpoints/\(parts[1])/"
            guard track?.hasEnded == true,
                objects.names.contains(where: { $0.hasPrefix(folder) && $0 >= folder + parts[2] })
            else { return fail(.reachableKept, "\(process.name) removes \(name), the newest or of a live job") }
        default: break
        }
    }
}

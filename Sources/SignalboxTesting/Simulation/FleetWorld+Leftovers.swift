import SignalboxCore

/// What jobs leave in the object store: what their runs start from, and files of models that nobody will publish. A
/// sweep removes it once they are over.
extension FleetWorld {
    /// An object that is to go with its job.
    struct Leftover {
        let jobID: String
        let writtenAt: Int64
    }

    /// An object was written.
    func noteLeftover(_ name: ObjectName, by process: SimulatedProcess? = nil) {
        let parts = name.name.split(separator: "/")
        guard name.bucket == FleetSetting.layout.trainingBucket, parts.count > 2 else { return }
        let jobID: String?
        switch parts[0] {
        case "jobs": jobID = String(parts[1])
        case "models": jobID = process?.run?.order.jobID
        default: jobID = nil
        }
        leftovers[name.uri] = jobID.map { Leftover(jobID: $0, writtenAt: now) }
    }

    /// A version of a model is published: its files are there to stay.
    func keepVersion(_ path: String) {
        let parts = path.split(separator: "/")
        guard parts.count == 4 else { return }
        let folder = FleetSetting.layout.object("models/\(parts[1])/\(parts[3])/").uri
        for name in leftovers.keys where name.hasPrefix(folder) { leftovers[name] = nil }
    }

    /// An object is gone; it must not have been there for long after its job was over.
    func checkRemoved(_ name: String) {
        guard let left = leftovers.removeValue(forKey: name), let endedAt = jobs[left.jobID]?.endedAt else { return }
        let since = max(endedAt, clearAt, left.writtenAt)
        guard now - since > Self.outliveSecondsMax * 1_000_000 else { return }
        fail(.nothingOutlives, "\(name) was there for \((now - since) / 1_000_000) s after \(left.jobID) was over")
    }
}

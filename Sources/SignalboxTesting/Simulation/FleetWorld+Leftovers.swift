import SignalboxCore

/// What jobs leave in the object store: what their runs start from, and files of models that nobody will publish. A
/// sweep removes it once they are over.
extension FleetWorld {
    /// An object that is to go with its job.
    struct Leftover {
        let jobID: String
        let writtenAt: Int64
    }

    func noteLeftover(_ name: String, of jobID: String) {
        leftovers[name] = Leftover(jobID: jobID, writtenAt: now)
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

/// A job's number and its run's name, `12/signalbox-…-a1`: a cluster that lost its state counts from 1 again, and a
/// number alone would be another's job.
struct SlurmHandle: Sendable, Equatable, CustomStringConvertible {
    /// The cluster's number.
    let id: Int64
    /// The run's name.
    let name: String

    /// The handle of a job.
    init(_ job: SlurmJob) { self.init(id: job.id, name: job.name) }

    /// A handle of its parts.
    init(id: Int64, name: String) {
        self.id = id
        self.name = name
    }

    /// Reads a handle; nil where it is none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let id = Int64(parts[0]), id > 0, !parts[1].isEmpty else { return nil }
        self.init(id: id, name: String(parts[1]))
    }

    /// As it is written.
    var description: String { "\(id)/\(name)" }
}

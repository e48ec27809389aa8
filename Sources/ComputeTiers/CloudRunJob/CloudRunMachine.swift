import SignalboxCore

/// The size of a container of Cloud Run's, written `4cpu-16Gi`.
struct CloudRunMachine: Equatable {
    /// GiB of memory at most for each processor (https://cloud.google.com/run/docs/configuring/jobs/memory-limits).
    static let memoryGiBPerCPUMax = 4
    /// GiB of memory at least, by the numbers of processors that there are
    /// (https://cloud.google.com/run/docs/configuring/jobs/cpu).
    static let memoryGiBMin = [1: 1, 2: 1, 4: 2, 6: 4, 8: 4]
    /// The size of places that name none.
    static let standard = CloudRunMachine(cpus: 4, memoryGiB: 16)

    let cpus: Int
    let memoryGiB: Int

    /// As it is written in a place.
    var text: String { "\(cpus)cpu-\(memoryGiB)Gi" }

    private init(cpus: Int, memoryGiB: Int) {
        self.cpus = cpus
        self.memoryGiB = memoryGiB
    }

    /// Reads a size; nil for one that is malformed or not to be had.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasSuffix("cpu"), parts[1].hasSuffix("Gi"),
            let cpus = Int(parts[0].dropLast(3)), let memoryGiB = Int(parts[1].dropLast(2)),
            let memoryMin = Self.memoryGiBMin[cpus],
            (memoryMin...cpus * Self.memoryGiBPerCPUMax).contains(memoryGiB)
        else { return nil }
        self.init(cpus: cpus, memoryGiB: memoryGiB)
        guard self.text == text else { return nil }
    }
}

import SignalboxCore

/// What a run needs of its node, from a place's machine: parts with plus signs between them.
///
/// - `cpu:8`: processors
/// - `mem:16`: memory, GiB
/// - all else: a generic resource as the cluster names it, `gpu:1`, `gpu:a100:2`
struct SlurmResources: Sendable, Equatable {
    /// Processors; nil: the cluster's default.
    private(set) var processors: Int64?
    /// Memory, MiB; nil: the cluster's default.
    private(set) var memoryMiB: Int64?
    /// Generic resources.
    private(set) var generic: [String] = []

    private static let processorsMax: Int64 = 65_535
    private static let memoryGiBMax: Int64 = 1 << 20

    /// Reads a place's machine.
    ///
    /// - Throws: `invalid_order`.
    init(_ place: Place) throws(TierError) {
        guard let machine = place.machine else { return }
        for part in machine.split(separator: "+", omittingEmptySubsequences: false) {
            let words = part.split(separator: ":", omittingEmptySubsequences: false)
            switch words.first {
            case "cpu": processors = try Self.number(words, Self.processorsMax, place)
            case "mem": memoryMiB = try Self.number(words, Self.memoryGiBMax, place) << 10
            default:
                guard (1...3).contains(words.count), words.allSatisfy({ !$0.isEmpty }) else {
                    throw Self.invalid(place)
                }
                generic.append(String(part))
            }
        }
    }

    private static func number(_ words: [Substring], _ max: Int64, _ place: Place) throws(TierError) -> Int64 {
        guard words.count == 2, let number = Int64(words[1]), (1...max).contains(number) else { throw invalid(place) }
        return number
    }

    private static func invalid(_ place: Place) -> TierError {
        let form = "cpu:N, mem:GIB and generic resources such as gpu:1, with plus signs between them"
        return TierError(.invalidOrder, "\(place): a machine of the tier slurm is \(form)")
    }
}

import Wire

/// Records that were read and are not used, and why: all are counted, the first are listed.
struct RejectedRecords: Sendable {
    /// Records that are listed.
    static let listedMax = 1_000

    /// Why a record is not used.
    enum Reason: String, CaseIterable, Sendable {
        /// The step has no action: the model sees it and does not learn from it.
        case noAction = "no_action"
        /// No step of the episode has an action: it is left out.
        case episodeWithoutActions = "episode_without_actions"
        /// The window holds the same numbers as one drawn before.
        case duplicateSample = "duplicate_sample"
    }

    private var counts: [Reason: Int] = [:]
    private var listed: [JSON] = []

    /// Notes a step, by its place in its episode, or a whole episode.
    mutating func add(_ reason: Reason, episode: String, step: Int?) {
        counts[reason, default: 0] += 1
        guard listed.count < Self.listedMax else { return }
        listed.append([
            "episode": .string(episode),
            "step": step.map { .integer(Int64($0)) } ?? nil,
            "reason": .string(reason.rawValue),
        ])
    }

    /// Counts and list.
    var json: JSON {
        var byReason: [String: JSON] = [:]
        for reason in Reason.allCases { byReason[reason.rawValue] = .integer(Int64(counts[reason] ?? 0)) }
        return [
            "count": .integer(Int64(counts.values.reduce(0, +))),
            "by_reason": .object(byReason),
            "records": .array(listed),
        ]
    }
}

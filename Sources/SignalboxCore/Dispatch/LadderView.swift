/// Which rungs a job may use and in which order they are asked, and why not the others.
public struct LadderView: Sendable, Equatable {
    /// Losses on machines that may be taken back, after which the next attempt goes where they may not.
    public static let spotLossesMax = 2

    /// A rung, and why it is passed over, where it is.
    public struct Entry: Sendable, Equatable {
        /// The rung, with its price.
        public let rung: Ladder.Rung
        /// Why it is passed over; nil where it may be used.
        public fileprivate(set) var reason: String?
        /// Its turn, from 1; nil where it is passed over.
        public fileprivate(set) var order: Int?
        /// How long a run may take there, in seconds: what the policy allows, or what the spend cap leaves once the
        /// time to stop is paid for, whichever is less.
        public let runSecondsMax: Int

        /// What so many hours cost there, in USD; nil where the price is not known.
        public func usd(hours: Double) -> Double? { rung.usdPerHour.map { $0 * hours } }
    }

    /// All rungs as the ladder names them, those of spot machines first.
    public let entries: [Entry]

    /// The rungs that may be used, in the order in which they are asked.
    public let usable: [Entry]

    /// Whether the spend cap alone rules out what the job may use otherwise.
    public let isSpent: Bool

    /// Why no rung may be used: for people.
    public let reasons: String

    /// A job's view of a priced ladder.
    public init(_ ladder: Ladder, for job: Job, policy: JobPolicy = JobPolicy()) {
        let tier = job.retryTier ?? job.config.tier
        let rungs = tier.map(ladder.only) ?? ladder.rungs
        let sorted = rungs.filter { $0.place.provisioning == .spot } + rungs.filter { $0.place.provisioning != .spot }
        var judged = sorted.map { rung in
            let seconds = Self.runSeconds(at: rung, for: job, policy)
            return Entry(rung: rung, reason: Self.reason(against: rung, for: job), runSecondsMax: seconds)
        }
        let hasPlace = judged.contains { $0.reason == nil }
        let shortest = min(JobPolicy.runSecondsMin, policy.runSecondsMax)
        for index in judged.indices where judged[index].reason == nil && judged[index].runSecondsMax < shortest {
            judged[index].reason = Self.shortage(of: job)
        }
        let losses = job.recoveriesSinceRetry.count { $0.cause.isLoss && $0.place?.provisioning == .spot }
        let canLeaveSpot = judged.contains { $0.reason == nil && $0.rung.place.provisioning == .onDemand }
        if losses >= Self.spotLossesMax, canLeaveSpot {
            for index in judged.indices where judged[index].rung.place.provisioning == .spot {
                judged[index].reason = judged[index].reason ?? "\(losses) attempts were lost on spot machines"
            }
        }
        let names = ladder.tierNames.isEmpty ? "none" : ladder.tierNames.joined(separator: ", ")
        reasons =
            judged.isEmpty
            ? "\(tier ?? "no tier") is not configured; configured: \(names)"
            : judged.compactMap { entry in entry.reason.map { "\(entry.rung.place): \($0)" } }.joined(separator: "; ")
        let turns = Self.turns(of: judged.indices.filter { judged[$0].reason == nil }, in: judged, for: job)
        for (position, index) in turns.enumerated() { judged[index].order = position + 1 }
        isSpent = hasPlace && turns.isEmpty
        usable = turns.map { judged[$0] }
        entries = judged
    }

    /// The places from the one whose turn it is, and never the one first that has just refused while there is another:
    /// a run that was heard begins the count anew, wherever it was, and may be refused all the same, requeued as it is.
    private static func turns(of indices: [Int], in entries: [Entry], for job: Job) -> [Int] {
        guard !indices.isEmpty else { return [] }
        let turn = job.refusals % indices.count
        let last = job.recoveries.last.flatMap { $0.attempt == job.attempt && $0.cause == .launchRefused ? $0 : nil }
        let hasRefused = last.map { $0.place == entries[indices[turn]].rung.place } ?? false
        let first = hasRefused ? (turn + 1) % indices.count : turn
        return Array(indices[first...] + indices[..<first])
    }

    private static func runSeconds(at rung: Ladder.Rung, for job: Job, _ policy: JobPolicy) -> Int {
        guard let cap = job.spendMaxUSD else { return policy.runSecondsMax }
        let left = cap - job.spentUSD
        guard left > 0 else { return 0 }
        guard let price = rung.usdPerHour, price > 0 else { return policy.runSecondsMax }
        return Int(min(Double(policy.runSecondsMax), max(0, left / price * 3600 - Double(JobPolicy.stopSeconds))))
    }

    /// Why a rung is passed over whose run would be over before it began.
    private static func shortage(of job: Job) -> String {
        let cap = job.spendMaxUSD ?? 0
        return "\(USD.text(job.spentUSD)) of \(USD.text(cap)) are spent: what is left pays for no run there"
    }

    private static func reason(against rung: Ladder.Rung, for job: Job) -> String? {
        guard rung.isConfigured else { return "\(rung.place.tier) is not configured" }
        if rung.place.provisioning == .spot, job.canaryPassed == false {
            return "the job's checkpoints did not restore: no machine that may be taken back"
        }
        guard rung.usdPerHourMax != nil || job.spendMaxUSD != nil else { return nil }
        guard let price = rung.usdPerHour else { return "its price is not known: see SIGNALBOX_PRICES" }
        if let ceiling = rung.usdPerHourMax, price > ceiling {
            return "\(USD.text(price)) an hour is above its ceiling of \(USD.text(ceiling))"
        }
        return nil
    }
}

/// Which rungs a job may use, and why not the others.
public struct LadderView: Sendable, Equatable {
    /// Losses on machines that may be taken back, after which the next attempt goes where they may not.
    public static let spotLossesMax = 2

    /// A rung, and why it is passed over, where it is.
    public struct Entry: Sendable, Equatable {
        /// The rung, with its price.
        public let rung: Ladder.Rung
        /// Why it is passed over; nil where it may be used.
        public let reason: String?
    }

    /// All rungs in the order in which they are tried: those of spot machines first.
    public let entries: [Entry]

    /// The rungs that may be used, in order.
    public var usable: [Ladder.Rung] { entries.filter { $0.reason == nil }.map(\.rung) }

    /// Why no rung may be used: for people.
    public let reasons: String

    /// A job's view of a priced ladder.
    public init(_ ladder: Ladder, for job: Job) {
        let tier = job.retryTier ?? job.config.tier
        let rungs = tier.map(ladder.only) ?? ladder.rungs
        let sorted = rungs.filter { $0.place.provisioning == .spot } + rungs.filter { $0.place.provisioning != .spot }
        let judged = sorted.map { Entry(rung: $0, reason: Self.reason(against: $0, for: job)) }
        let losses = job.recoveriesSinceRetry.count { $0.cause.isLoss && $0.place?.provisioning == .spot }
        let canLeaveSpot = judged.contains { $0.reason == nil && $0.rung.place.provisioning == .onDemand }
        let names = ladder.tierNames.isEmpty ? "none" : ladder.tierNames.joined(separator: ", ")
        reasons =
            judged.isEmpty
            ? "\(tier ?? "no tier") is not configured; configured: \(names)"
            : judged.compactMap { entry in entry.reason.map { "\(entry.rung.place): \($0)" } }.joined(separator: "; ")
        guard losses >= Self.spotLossesMax, canLeaveSpot else {
            entries = judged
            return
        }
        entries = judged.map { entry in
            guard entry.reason == nil, entry.rung.place.provisioning == .spot else { return entry }
            return Entry(rung: entry.rung, reason: "\(losses) attempts were lost on spot machines")
        }
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

/// How far what was reckoned with is from what it turned out to be: a price, a run, or a bill.
public struct PriceDrift: Sendable, Equatable {
    /// What is compared.
    public enum Subject: String, Sendable, CaseIterable {
        /// An hour at a place: as it was noted for an attempt, and as the price table says.
        case usdPerHour = "usd_per_hour"
        /// A job that is over: as a plan of so many hours, or of those that its training took, has it at the place
        /// where it ran, and as its runs were measured.
        case measuredUSD = "measured_usd"
        /// A job: as its document reckons, and as the provider bills.
        case billedUSD = "billed_usd"
    }

    /// Up to this share of the reckoned amount a difference is no drift.
    public static let toleranceShare = 0.05
    /// What binary fractions lose: five per cent as written is five per cent.
    private static let roundingShare = 1e-9

    /// What is compared.
    public let subject: Subject
    /// What was reckoned with, in USD.
    public let reckoned: Double
    /// What it is, in USD.
    public let actual: Double

    /// A comparison; nil where a side is not known.
    public init?(_ subject: Subject, reckoned: Double?, actual: Double?) {
        guard let reckoned, let actual, reckoned.isFinite, actual.isFinite else { return nil }
        self.subject = subject
        self.reckoned = reckoned
        self.actual = actual
    }

    /// A job that is over against the price of an hour at the place where it ran.
    ///
    /// - Parameter hours: how long it was planned to train; nil: as long as it did.
    public init?(measured job: Job, hours: Double? = nil, usdPerHour: Double?) {
        guard job.phase.isTerminal, let hours = hours ?? job.trainingHours else { return nil }
        self.init(.measuredUSD, reckoned: usdPerHour.map { $0 * hours }, actual: job.spentUSD)
    }

    /// The difference as a share of what was reckoned with; nil where that is nothing.
    public var share: Double? { reckoned == 0 ? nil : (actual - reckoned) / abs(reckoned) }

    /// Whether the difference is beyond ``toleranceShare``; anything is beyond nothing.
    public var isBeyondTolerance: Bool {
        guard let share else { return actual != 0 }
        return abs(share) > Self.toleranceShare + Self.roundingShare
    }
}

/// The places where a job may run, in order.
///
/// Written as places with white space between them, each with its price ceiling behind `<=` where it has one:
/// `compute-engine/us-central1-a/g2-standard-8/spot<=0.50 vertex/us-central1/g2-standard-8+nvidia-l4:1<=1.20`.
public struct Ladder: Sendable, Equatable {
    /// Rungs of one ladder.
    public static let rungsMax = 64

    /// One place.
    public struct Rung: Sendable, Equatable {
        /// Where.
        public var place: Place
        /// The price above which it is passed over, in USD an hour; nil where any price will do.
        public var usdPerHourMax: Double?
        /// What it costs, in USD an hour; nil where nobody knows.
        public var usdPerHour: Double?
        /// Whether its tier is there.
        public var isConfigured = true

        /// A rung of its parts.
        public init(place: Place, usdPerHourMax: Double? = nil, usdPerHour: Double? = nil) {
            self.place = place
            self.usdPerHourMax = usdPerHourMax
            self.usdPerHour = usdPerHour
        }
    }

    /// From the first choice to the last.
    public var rungs: [Rung]
    /// The default places of tiers that no rung names: for jobs that ask for one of these.
    public var others: [Rung] = []

    /// A ladder of its rungs.
    public init(_ rungs: [Rung]) { self.rungs = rungs }

    /// Reads a written ladder.
    ///
    /// - Throws: ``LadderError``.
    public init(parsing text: String) throws(LadderError) {
        rungs = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: "<=", omittingEmptySubsequences: false)
            guard let place = Place(String(parts[0])), parts.count <= 2 else {
                throw LadderError(message: "\"\(word)\" is no TIER[/LOCATION[/MACHINE[/spot|on_demand]]][<=USD]")
            }
            var rung = Rung(place: place)
            if parts.count == 2 {
                guard let ceiling = Double(parts[1]), ceiling >= 0, ceiling.isFinite else {
                    throw LadderError(message: "\"\(parts[1])\" in \"\(word)\" is no price in USD an hour")
                }
                rung.usdPerHourMax = ceiling
            }
            rungs.append(rung)
        }
        guard (1...Self.rungsMax).contains(rungs.count) else {
            throw LadderError(message: "it has \(rungs.count) places, not 1 to \(Self.rungsMax)")
        }
    }

    /// The ladder as the configured tiers see it: with their prices, and with the default places of those that it
    /// does not name.
    public func priced(by tiers: [any ComputeTier], _ table: PriceTable) -> Ladder {
        func priced(_ rung: Rung) -> Rung {
            var rung = rung
            rung.isConfigured = tiers.contains { $0.name == rung.place.tier }
            rung.usdPerHour = rung.isConfigured ? table.usdPerHour(rung.place, asking: tiers) : nil
            return rung
        }
        var ladder = Ladder(rungs.map(priced))
        let named = Set(rungs.map(\.place.tier))
        ladder.others = tiers.filter { !named.contains($0.name) }.map { priced(Rung(place: Place(tier: $0.name))) }
        return ladder
    }

    /// The names of the tiers that a job may ask for.
    public var tierNames: [String] {
        Set((rungs + others).filter(\.isConfigured).map(\.place.tier)).sorted()
    }

    /// The rungs of one tier; empty where it is not configured.
    public func only(tier: String) -> [Rung] {
        let matching = rungs.filter { $0.place.tier == tier }
        return matching.isEmpty ? others.filter { $0.place.tier == tier } : matching
    }
}

/// A written ladder is malformed.
public struct LadderError: Error, Sendable, Equatable {
    /// For people.
    public let message: String
}

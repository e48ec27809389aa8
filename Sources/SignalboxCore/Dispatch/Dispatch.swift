/// The configured tiers and the order in which they are asked.
public struct Dispatch: Sendable {
    /// All tiers.
    public let tiers: [any ComputeTier]
    /// The places, priced.
    public let ladder: Ladder

    /// Tiers with a ladder over them; without one, the first tier's own place is the only rung.
    public init(tiers: [any ComputeTier], ladder: Ladder? = nil, prices: PriceTable = .standard) {
        self.tiers = tiers
        let standard = Ladder(tiers.first.map { [Ladder.Rung(place: Place(tier: $0.name))] } ?? [])
        self.ladder = (ladder ?? standard).priced(by: tiers, prices)
    }

    /// A tier by its name; nil where it is not configured.
    public func tier(_ name: String) -> (any ComputeTier)? { tiers.first { $0.name == name } }

    /// The names of all tiers, for messages.
    public var tierNames: String { tiers.map(\.name).joined(separator: ", ") }
}

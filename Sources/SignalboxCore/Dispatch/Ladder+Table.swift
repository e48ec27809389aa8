extension Ladder {
    /// The ladder with a table's prices, for those who need no configured tiers.
    ///
    /// - Parameters:
    ///   - tiers: those that are configured all the same: they know what a place leaves to its tier.
    ///   - tier: whose default place stands in for rungs of it, where the ladder names none.
    public func priced(
        by table: PriceTable,
        asking tiers: [any ComputeTier] = [],
        including tier: String? = nil
    ) -> Ladder {
        func priced(_ rung: Rung) -> Rung {
            var rung = rung
            rung.usdPerHour = table.usdPerHour(rung.place, asking: tiers)
            return rung
        }
        var ladder = Ladder(rungs.map(priced))
        ladder.others = tier.map { [priced(Rung(place: Place(tier: $0)))] } ?? []
        return ladder
    }
}

extension Ladder {
    /// The ladder with a table's prices, for those who have no configured tiers to ask.
    ///
    /// - Parameter tier: whose default place stands in for rungs of it, where the ladder names none.
    public func priced(by table: PriceTable, including tier: String? = nil) -> Ladder {
        func priced(_ rung: Rung) -> Rung {
            var rung = rung
            rung.usdPerHour = table.usdPerHour(rung.place)
            return rung
        }
        var ladder = Ladder(rungs.map(priced))
        ladder.others = tier.map { [priced(Rung(place: Place(tier: $0)))] } ?? []
        return ladder
    }
}

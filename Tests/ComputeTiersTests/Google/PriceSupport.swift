import SignalboxCore
import Wire

extension PriceTable.Entry {
    /// An entry of a table with nothing else.
    static func ofTests(tier: String, region: String, item: String, onDemand: Double) throws -> PriceTable.Entry {
        let price: JSON = [
            "tier": .string(tier), "region": .string(region), "item": .string(item), "on_demand": .double(onDemand),
        ]
        let table: JSON = ["date": "2026-01-01", "currency": "USD", "source": "tests", "prices": [price]]
        return try PriceTable(JSONReader(table)).entries[0]
    }
}

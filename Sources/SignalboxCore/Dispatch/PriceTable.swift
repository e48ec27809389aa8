public import Wire

/// What an hour of a machine costs, as of a date.
///
/// ```json
/// {"date": "2026-01-31", "currency": "USD", "source": "https://…", "prices": [
///   {"tier": "compute-engine", "region": "us-central1", "item": "g2-standard-8", "on_demand": 0.85, "spot": 0.34}
/// ]}
/// ```
///
/// An item is a machine type or an accelerator type; a place costs its machine type and its accelerators together.
/// `*` as a region counts where no entry names the region.
public struct PriceTable: Sendable, Equatable {
    /// Bytes of a table's file.
    public static let fileBytesMax = 1 << 20

    /// The highest price of an item, in USD an hour.
    public static let usdPerHourMax = 1e6

    /// The price of one item.
    public struct Entry: Sendable, Equatable {
        /// The tier's name.
        public let tier: String
        /// A region, or `*`.
        public let region: String
        /// A machine type or an accelerator type.
        public let item: String
        /// USD an hour; nil where it cannot be had.
        public let onDemand: Double?
        /// USD an hour of a machine that may be taken back; nil where it cannot be had.
        public let spot: Double?
    }

    /// The day it was taken down, `YYYY-MM-DD`.
    public let date: String
    /// From where.
    public let source: String
    /// All prices.
    public let entries: [Entry]

    /// A table of its parts.
    public init(date: String, source: String, entries: [Entry]) {
        self.date = date
        self.source = source
        self.entries = entries
    }

    /// Reads a table.
    ///
    /// - Throws: `JSONTypeError` with the member's place.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        date = try reader["date"].string()
        guard date.utf8.count == 10, Timestamp(rfc3339: date + "T00:00:00Z") != nil else {
            throw reader["date"].mismatch("a day, YYYY-MM-DD", found: date)
        }
        let currency = try reader["currency"].string()
        guard currency == "USD" else { throw reader["currency"].mismatch("USD", found: currency) }
        source = try reader["source"].string()
        var entries: [Entry] = []
        for entry in try reader["prices"].array() { entries.append(try Entry(entry)) }
        self.entries = entries
    }

    /// Tiers of one's own machines: their hours cost nothing where no entry says otherwise.
    public static let ownTiers: Set<String> = ["local", "slurm"]

    /// What an hour at a place costs; nil where an item of it has no price.
    public func usdPerHour(_ place: Place) -> Double? {
        listed(place) ?? (Self.ownTiers.contains(place.tier) ? 0 : nil)
    }

    /// What an hour at a place costs as its tier has it, which knows the location and the machine that the place leaves
    /// out; as the table has it where that tier is none of these.
    public func usdPerHour(_ place: Place, asking tiers: [any ComputeTier]) -> Double? {
        guard let tier = tiers.first(where: { $0.name == place.tier }) else { return usdPerHour(place) }
        return tier.price(of: place, in: self)
    }

    private func listed(_ place: Place) -> Double? {
        guard let machine = place.machineType,
            var sum = price(of: machine, at: place)
        else { return nil }
        for accelerator in place.accelerators {
            guard let price = price(of: accelerator.type, at: place) else { return nil }
            sum += price * Double(accelerator.count)
        }
        return sum
    }

    private func price(of item: String, at place: Place) -> Double? {
        let candidates = entries.filter { $0.tier == place.tier && $0.item == item }
        let location = place.location ?? "*"
        // A zone is its region and a letter: us-central1-a.
        let entry =
            candidates.first { $0.region == location || location.hasPrefix($0.region + "-") }
            ?? candidates.first { $0.region == "*" }
        return place.provisioning == .spot ? entry?.spot : entry?.onDemand
    }
}

extension PriceTable.Entry {
    init(_ reader: JSONReader) throws(JSONTypeError) {
        tier = try reader["tier"].string()
        region = try reader["region"].string()
        item = try reader["item"].string()
        onDemand = try reader["on_demand"].optional.map { price throws(JSONTypeError) in try Self.price(price) }
        spot = try reader["spot"].optional.map { price throws(JSONTypeError) in try Self.price(price) }
    }

    private static func price(_ reader: JSONReader) throws(JSONTypeError) -> Double {
        let price = try reader.double()
        guard (0...PriceTable.usdPerHourMax).contains(price) else {
            throw reader.mismatch("USD an hour, 0 to \(Int(PriceTable.usdPerHourMax))", found: "\(price)")
        }
        return price
    }
}

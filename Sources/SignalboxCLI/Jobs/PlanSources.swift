import ComputeTiers
import GoogleCloud
import SignalboxCore
import Wire

/// Where a plan's places and prices come from: what is given, else the settings.
struct PlanSources {
    let settings: Settings
    let table: PriceTable
    private let tiers: [any ComputeTier]
    private let ladder: Ladder?
    private let defaultTier: String?

    /// - Parameters:
    ///   - ladder: a written ladder in place of the settings'.
    ///   - prices: the path of a price table in place of the settings'.
    init(_ surroundings: Surroundings, ladder text: String?, prices path: String?) throws {
        settings = Settings(surroundings.environment) { path, bytesMax in
            try FileIO.read(path, bytesMax: bytesMax)
        }
        tiers = Self.tiers(surroundings)
        table = try path.map(Self.table) ?? settings.prices()
        ladder = try text.map(Self.ladder) ?? settings.ladder()
        defaultTier = surroundings.environment.text("SIGNALBOX_TIER")
    }

    /// The ladder with its prices, for a job that asks for a tier or for none.
    ///
    /// - Throws: `ConfigurationError` where there is no ladder and no tier either.
    func priced(for tier: String?) throws(ConfigurationError) -> Ladder {
        if let ladder { return ladder.priced(by: table, asking: tiers, including: tier) }
        // Without a ladder the functions use a tier's own place.
        guard let tier = tier ?? defaultTier else {
            throw ConfigurationError("SIGNALBOX_LADDER", "is not set: set it, or give --ladder TEXT or --tier TIER")
        }
        return Ladder([Ladder.Rung(place: Place(tier: tier))]).priced(by: table, asking: tiers)
    }

    /// What an hour at a place costs today; nil where nobody knows.
    func usdPerHour(_ place: Place) -> Double? { table.usdPerHour(place, asking: tiers) }

    /// The tiers that are configured here. A plan needs none: where they are configured by halves the table alone says
    /// what it knows.
    private static func tiers(_ surroundings: Surroundings) -> [any ComputeTier] {
        guard let google = try? GoogleCloudEnvironment({ surroundings.variables[$0] }) else { return [] }
        let tiers = try? ConfiguredTiers.tiers(
            surroundings.environment,
            ConfiguredTiers.Surroundings(
                variables: surroundings.variables,
                google: google,
                context: ServiceContext(transport: HTTPClient())
            )
        )
        return tiers ?? []
    }

    private static func ladder(_ text: String) throws -> Ladder {
        do throws(LadderError) { return try Ladder(parsing: text) } catch {
            throw CommandError(.argumentUnusable, "--ladder: \(error.message)")
        }
    }

    private static func table(_ path: String) throws -> PriceTable {
        let bytes = try FileIO.read(path, bytesMax: PriceTable.fileBytesMax)
        do {
            return try PriceTable(JSONReader(JSON(parsing: bytes)))
        } catch {
            throw CommandError(.fileUnusable, "\(path) holds no price table: \(error)")
        }
    }
}

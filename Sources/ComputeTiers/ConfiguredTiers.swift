public import GoogleCloud
public import SignalboxCore
import Wire

/// The tiers that the environment configures, one line each: a tier is there where its own variables are set
/// (`docs/configuration.md`).
///
/// `SIGNALBOX_LADDER` names the places in order. Without it `SIGNALBOX_TIER` names the one tier whose own place is all
/// there is; without both it is the first tier that is configured.
public struct ConfiguredTiers: Sendable {
    /// What the tiers are made with.
    public struct Surroundings: Sendable {
        /// What trainers inherit.
        public var variables: [String: String]
        /// Google's services, and who asks them.
        public var google: GoogleCloudEnvironment
        /// What sends requests, and how.
        public var context: ServiceContext

        /// Surroundings of their parts.
        public init(variables: [String: String], google: GoogleCloudEnvironment, context: ServiceContext) {
            self.variables = variables
            self.google = google
            self.context = context
        }
    }

    /// Reads the environment.
    ///
    /// - Throws: `ConfigurationError`.
    public static func dispatch(
        _ environment: Environment,
        settings: Settings,
        _ surroundings: Surroundings
    ) throws(ConfigurationError) -> Dispatch {
        let tiers = try tiers(environment, surroundings)
        guard let first = tiers.first else {
            throw ConfigurationError("SIGNALBOX_LOCAL_RUNS", "is not set, and no other tier is configured")
        }
        let ladder = try settings.ladder()
        let standard = environment.text("SIGNALBOX_TIER") ?? first.name
        let known = tiers.map(\.name)
        for (variable, names) in [
            ("SIGNALBOX_TIER", [standard]), ("SIGNALBOX_LADDER", ladder?.rungs.map(\.place.tier) ?? []),
        ] {
            guard let unknown = names.first(where: { !known.contains($0) }) else { continue }
            let configured = known.joined(separator: ", ")
            throw ConfigurationError(variable, "names \"\(unknown)\"; configured: \(configured)")
        }
        return Dispatch(
            tiers: tiers,
            ladder: ladder ?? Ladder([Ladder.Rung(place: Place(tier: standard))]),
            prices: try settings.prices()
        )
    }

    /// The tiers alone, without an order.
    ///
    /// - Throws: `ConfigurationError` where one is configured by halves.
    public static func tiers(
        _ environment: Environment,
        _ surroundings: Surroundings
    ) throws(ConfigurationError) -> [any ComputeTier] {
        let (google, context) = (surroundings.google, surroundings.context)
        let all: [(any ComputeTier)?] = [
            try LocalTier.configured(environment, variables: surroundings.variables, clock: context.clock),
            try SlurmTier.configured(
                environment: environment,
                variables: surroundings.variables,
                transport: context.transport,
                clock: context.clock
            ),
            try VertexTier.configured(environment, google: google, context: context),
            try TPUTier.configured(environment, google: google, context: context),
            try ComputeEngineTier.configured(environment, google: google, context: context),
            try CloudRunJobTier.configured(environment, google: google, context: context),
        ]
        return all.compactMap(\.self)
    }
}

public import SignalboxCore
public import Wire

/// The tiers that the environment configures.
///
/// `SIGNALBOX_TIER` names the one for jobs that name none; `SIGNALBOX_LOCAL_RUNS` and `SIGNALBOX_TRAINER` configure
/// `local`.
public struct ConfiguredTiers: Sendable {
    /// All of them.
    public let tiers: [any ComputeTier]
    /// The name of the one for jobs that name none.
    public let defaultTier: String

    /// Reads the environment.
    ///
    /// - Parameter variables: what trainers of this machine inherit.
    /// - Throws: `ConfigurationError`.
    public init(
        _ environment: Environment,
        variables: [String: String],
        clock: any Clock
    ) throws(ConfigurationError) {
        let local = LocalTier(
            runsFolder: try environment.required("SIGNALBOX_LOCAL_RUNS"),
            trainer: try environment.required("SIGNALBOX_TRAINER"),
            environment: variables,
            clock: clock
        )
        tiers = [local]
        defaultTier = environment.text("SIGNALBOX_TIER") ?? local.name
        guard tiers.contains(where: { $0.name == defaultTier }) else {
            let known = tiers.map(\.name).joined(separator: ", ")
            throw ConfigurationError("SIGNALBOX_TIER", "is \"\(defaultTier)\"; configured: \(known)")
        }
    }
}

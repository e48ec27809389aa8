import SignalboxCore

/// The network that machines of a tier are in.
///
/// | variable | meaning |
/// |---|---|
/// | `…_NETWORK` | its name, or `projects/P/global/networks/N`; `default` |
/// | `…_SUBNETWORK` | a subnetwork of it; by default the one that it has in the region |
/// | `…_EXTERNAL_IP` | whether machines have an address of the internet; `true` |
///
/// Machines without such an address reach Google's APIs only from a subnetwork with Private Google Access.
public struct MachineNetwork: Sendable, Equatable {
    /// The network tag of every machine, for firewall rules.
    static let tag = "signalbox-trainer"

    /// The network.
    public let network: String
    /// The subnetwork.
    public let subnetwork: String?
    /// Whether a machine has an address of the internet.
    public let hasExternalAddress: Bool

    /// The network `default`, with addresses of the internet.
    public static let standard = MachineNetwork(network: "default", subnetwork: nil, hasExternalAddress: true)

    /// A network of its parts.
    public init(network: String, subnetwork: String?, hasExternalAddress: Bool) {
        self.network = network
        self.subnetwork = subnetwork
        self.hasExternalAddress = hasExternalAddress
    }

    /// Reads the variables that start with a prefix, `SIGNALBOX_TPU`.
    ///
    /// - Throws: `ConfigurationError`.
    init(_ environment: Environment, prefix: String) throws(ConfigurationError) {
        network = environment.text("\(prefix)_NETWORK") ?? "default"
        subnetwork = environment.text("\(prefix)_SUBNETWORK")
        let text = environment.text("\(prefix)_EXTERNAL_IP") ?? "true"
        guard let hasExternalAddress = Bool(text) else {
            throw ConfigurationError("\(prefix)_EXTERNAL_IP", "is \"\(text)\", not true or false")
        }
        self.hasExternalAddress = hasExternalAddress
    }
}

public import SignalboxCore

/// What the nodes of the tier `tpu` are like.
///
/// | variable | meaning |
/// |---|---|
/// | `SIGNALBOX_TPU_ZONE` | the zone; several with commas, the first for places that name none |
/// | `SIGNALBOX_TPU_TYPE` | the accelerator type of places that name none; `v5litepod-8` |
/// | `SIGNALBOX_TPU_RUNTIME` | the runtime version; by default the one of the type |
/// | `SIGNALBOX_TPU_QUEUE_SECONDS` | how long an order may wait; a day |
/// | `SIGNALBOX_TPU_NETWORK`, … | see ``MachineNetwork`` |
public struct TPUMachines: Sendable, Equatable {
    /// The accelerator type of places that name none.
    public static let standardType = "v5litepod-8"
    /// How long an order may wait, by default.
    public static let standardQueueSeconds = 86_400
    /// The longest that it may be told to.
    static let queueSecondsMax = 30 * 86_400
    /// The longest time limit of a run.
    static let runSecondsMax = 120 * 86_400
    /// Chips, or cores in the older families, of types that are one machine
    /// (https://cloud.google.com/tpu/docs/supported-tpu-configurations).
    static let chipsMax = 8

    /// The accelerator type of places that name none.
    public let type: String
    /// The runtime version; nil: the one of the type.
    public let runtime: String?
    /// How long an order may wait.
    public let queueSecondsMax: Int
    /// The network that nodes are in.
    public let network: MachineNetwork

    /// Nodes of their parts.
    public init(
        type: String = standardType,
        runtime: String? = nil,
        queueSecondsMax: Int = standardQueueSeconds,
        network: MachineNetwork = .standard
    ) {
        self.type = type
        self.runtime = runtime
        self.queueSecondsMax = queueSecondsMax
        self.network = network
    }

    /// Reads the environment.
    ///
    /// - Throws: `ConfigurationError`.
    public init(_ environment: Environment) throws(ConfigurationError) {
        let type = environment.text("SIGNALBOX_TPU_TYPE") ?? Self.standardType
        guard Self.isOneMachine(type) else {
            throw ConfigurationError(
                "SIGNALBOX_TPU_TYPE",
                "is \"\(type)\", which is no accelerator type of one machine"
            )
        }
        self.init(
            type: type,
            runtime: environment.text("SIGNALBOX_TPU_RUNTIME"),
            queueSecondsMax: try environment.int(
                "SIGNALBOX_TPU_QUEUE_SECONDS",
                in: 60...Self.queueSecondsMax,
                default: Self.standardQueueSeconds
            ),
            network: try MachineNetwork(environment, prefix: "SIGNALBOX_TPU")
        )
    }

    /// Whether a type is one machine: on the machines of a larger one several trainers of one attempt would start.
    static func isOneMachine(_ type: String) -> Bool {
        let parts = type.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("v"), let chips = Int(parts[1]) else { return false }
        return (1...chipsMax).contains(chips)
    }

    /// The runtime version for a type (https://cloud.google.com/tpu/docs/runtimes).
    func runtime(of type: String) -> String {
        if let runtime { return runtime }
        switch type.prefix(while: { $0 != "-" }) {
        case "v6e": return "v2-alpha-tpuv6e"
        case "v5p": return "v2-alpha-tpuv5"
        case "v5litepod": return "v2-alpha-tpuv5-lite"
        default: return "tpu-ubuntu2204-base"
        }
    }
}

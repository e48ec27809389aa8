public import SignalboxCore

/// What the machines of the tier `compute-engine` are like.
///
/// | variable | meaning |
/// |---|---|
/// | `SIGNALBOX_COMPUTE_ZONE` | the zone; several with commas, the first for places that name none |
/// | `SIGNALBOX_COMPUTE_MACHINE` | the machine of places that name none, `n2-standard-8` |
/// | `SIGNALBOX_COMPUTE_IMAGE` | what they boot from: `projects/P/global/images/family/F`; Container-Optimized OS |
/// | `SIGNALBOX_COMPUTE_DISK_GB` | the boot disk's size; 100 |
/// | `SIGNALBOX_COMPUTE_DISK_TYPE` | its type, `pd-balanced`; by default the one that Compute Engine chooses |
/// | `SIGNALBOX_COMPUTE_NETWORK`, … | see ``MachineNetwork`` |
public struct ComputeEngineMachines: Sendable, Equatable {
    /// Has Docker, and installs NVIDIA's driver by itself
    /// (https://cloud.google.com/container-optimized-os/docs/how-to/run-gpus).
    public static let standardImage = "projects/cos-cloud/global/images/family/cos-stable"
    /// The shortest run duration of a machine
    /// (https://cloud.google.com/compute/docs/instances/limit-vm-runtime#restrictions).
    static let durationSecondsMin = 30
    /// The longest.
    static let durationSecondsMax = 120 * 86_400

    /// The machine of places that name none.
    public let machine: String?
    /// What machines boot from.
    public let image: String
    /// Their disk in GB.
    public let diskGB: Int
    /// Their disk's type.
    public let diskType: String?
    /// The network that they are in.
    public let network: MachineNetwork

    /// Machines of their parts.
    public init(
        machine: String?,
        image: String = standardImage,
        diskGB: Int = 100,
        diskType: String? = nil,
        network: MachineNetwork = .standard
    ) {
        self.machine = machine
        self.image = image
        self.diskGB = diskGB
        self.diskType = diskType
        self.network = network
    }

    /// Reads the environment.
    ///
    /// - Throws: `ConfigurationError`.
    public init(_ environment: Environment) throws(ConfigurationError) {
        let machine = environment.text("SIGNALBOX_COMPUTE_MACHINE")
        if let machine, Place("compute-engine/-/\(machine)")?.machine != machine {
            throw ConfigurationError("SIGNALBOX_COMPUTE_MACHINE", "is \"\(machine)\", which is no machine of a place")
        }
        self.init(
            machine: machine,
            image: environment.text("SIGNALBOX_COMPUTE_IMAGE") ?? Self.standardImage,
            diskGB: try environment.int("SIGNALBOX_COMPUTE_DISK_GB", in: 10...65_536, default: 100),
            diskType: environment.text("SIGNALBOX_COMPUTE_DISK_TYPE"),
            network: try MachineNetwork(environment, prefix: "SIGNALBOX_COMPUTE")
        )
    }
}

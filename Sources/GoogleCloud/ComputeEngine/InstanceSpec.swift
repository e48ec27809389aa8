/// A virtual machine to create.
public struct InstanceSpec: Sendable, Equatable {
    /// Accelerators of one type.
    public struct Accelerators: Sendable, Equatable {
        /// `nvidia-l4`.
        public let type: String
        /// How many.
        public let count: Int

        /// Accelerators of a type.
        public init(type: String, count: Int) {
            self.type = type
            self.count = count
        }
    }

    /// Its boot disk, which is deleted with it.
    public struct BootDisk: Sendable, Equatable {
        /// `projects/P/global/images/family/F`.
        public var image: String
        /// In GB.
        public var sizeGB: Int
        /// `pd-balanced`; nil: the one that Compute Engine chooses.
        public var type: String?

        /// A disk of its parts.
        public init(image: String, sizeGB: Int, type: String?) {
            self.image = image
            self.sizeGB = sizeGB
            self.type = type
        }
    }

    /// `n1-standard-8`.
    public var machineType: String
    /// What is added to the machine type, or is part of it.
    public var accelerators: [Accelerators]
    /// Its labels.
    public var labels: [String: String]
    /// Its network tags.
    public var tags: [String]
    /// What the metadata server tells it, start-up script included.
    public var metadata: [String: String]
    /// The account that it acts as.
    public var serviceAccount: String
    /// What it boots from.
    public var disk: BootDisk
    /// `default`, or `projects/P/global/networks/N`.
    public var network: String
    /// A subnetwork of the zone's region; nil: the one that the network has there.
    public var subnetwork: String?
    /// Whether it has an address that the internet reaches.
    public var hasExternalAddress: Bool
    /// Whether it may be taken back.
    public var isSpot: Bool
    /// After so long it is deleted.
    public var runSecondsMax: Int

    /// A machine of its parts.
    public init(
        machineType: String,
        accelerators: [Accelerators],
        labels: [String: String],
        tags: [String],
        metadata: [String: String],
        serviceAccount: String,
        disk: BootDisk,
        network: String,
        subnetwork: String?,
        hasExternalAddress: Bool,
        isSpot: Bool,
        runSecondsMax: Int
    ) {
        self.machineType = machineType
        self.accelerators = accelerators
        self.labels = labels
        self.tags = tags
        self.metadata = metadata
        self.serviceAccount = serviceAccount
        self.disk = disk
        self.network = network
        self.subnetwork = subnetwork
        self.hasExternalAddress = hasExternalAddress
        self.isSpot = isSpot
        self.runSecondsMax = runSecondsMax
    }

    /// Whether machines of a type have accelerators built in, as the accelerator-optimised families have:
    /// `a2-highgpu-1g`, `g2-standard-8`
    /// (https://cloud.google.com/compute/docs/accelerator-optimized-machines).
    public static func hasBuiltInAccelerators(_ machineType: String) -> Bool {
        let bytes = Array(machineType.utf8.prefix(2))
        return bytes.count == 2 && "ag".utf8.contains(bytes[0]) && (0x30...0x39).contains(bytes[1])
    }
}

import Wire

/// An order of one node for Cloud TPU's queue.
public struct QueuedResourceSpec: Sendable, Equatable {
    /// `v5litepod-8`.
    public var acceleratorType: String
    /// What is on its machine: `v2-alpha-tpuv5-lite`.
    public var runtimeVersion: String
    /// The node's labels.
    public var labels: [String: String]
    /// The node's network tags.
    public var tags: [String]
    /// What the metadata server tells the node, start-up script included.
    public var metadata: [String: String]
    /// The account that the node acts as.
    public var serviceAccount: String
    /// `default`, or `projects/P/global/networks/N`.
    public var network: String
    /// A subnetwork; nil: the one that the network has in the region.
    public var subnetwork: String?
    /// Whether the node has an address that the internet reaches.
    public var hasExternalAddress: Bool
    /// Whether the node may be taken back.
    public var isSpot: Bool
    /// An order that waited for so long has failed.
    public var queueSecondsMax: Int

    /// An order of its parts.
    public init(
        acceleratorType: String,
        runtimeVersion: String,
        labels: [String: String],
        tags: [String],
        metadata: [String: String],
        serviceAccount: String,
        network: String,
        subnetwork: String?,
        hasExternalAddress: Bool,
        isSpot: Bool,
        queueSecondsMax: Int
    ) {
        self.acceleratorType = acceleratorType
        self.runtimeVersion = runtimeVersion
        self.labels = labels
        self.tags = tags
        self.metadata = metadata
        self.serviceAccount = serviceAccount
        self.network = network
        self.subnetwork = subnetwork
        self.hasExternalAddress = hasExternalAddress
        self.isSpot = isSpot
        self.queueSecondsMax = queueSecondsMax
    }

    /// The `QueuedResource` to send
    /// (https://cloud.google.com/tpu/docs/reference/rest/v2/projects.locations.queuedResources).
    ///
    /// - Parameter name: of the order; its node has the same id.
    func json(as name: ResourceName) -> JSON {
        var interface: [String: JSON] = [
            "network": .string(network), "enableExternalIps": .bool(hasExternalAddress),
        ]
        interface["subnetwork"] = subnetwork.map { .string($0) }
        let node: JSON = [
            "acceleratorType": .string(acceleratorType),
            "runtimeVersion": .string(runtimeVersion),
            "labels": .object(labels.mapValues { .string($0) }),
            "tags": .array(tags.map { .string($0) }),
            "metadata": .object(metadata.mapValues { .string($0) }),
            "networkConfig": .object(interface),
            "serviceAccount": ["email": .string(serviceAccount), "scope": [.string(AccessToken.scope)]],
        ]
        let spec: JSON = [
            "parent": .string("projects/\(name["projects"])/locations/\(name["locations"])"),
            "nodeId": .string(name["queuedResources"]),
            "node": node,
        ]
        var order: [String: JSON] = [
            "tpu": ["nodeSpec": [spec]],
            "queueingPolicy": ["validUntilDuration": .string("\(queueSecondsMax)s")],
        ]
        // On demand is an order without a word about it; guaranteed is for reservations.
        if isSpot { order["spot"] = .object([:]) }
        return .object(order)
    }
}

public import Wire

/// An order of TPUs in Cloud TPU's queue.
public struct QueuedResource: Sendable, Equatable {
    /// Where an order stands
    /// (https://cloud.google.com/tpu/docs/reference/rest/v2/projects.locations.queuedResources#state_1).
    public enum State: String, Sendable, CaseIterable {
        /// The state is not known, or one that came after this was written.
        case unspecified = "STATE_UNSPECIFIED"
        /// Received.
        case creating = "CREATING"
        /// Found to be in order, and queued.
        case accepted = "ACCEPTED"
        /// Queued, until there is capacity.
        case waitingForResources = "WAITING_FOR_RESOURCES"
        /// Its nodes are being made.
        case provisioning = "PROVISIONING"
        /// It could not be carried out.
        case failed = "FAILED"
        /// It and its nodes are being deleted.
        case deleting = "DELETING"
        /// Its nodes are there.
        case active = "ACTIVE"
        /// Its nodes are being deleted, and it stays as a record.
        case suspending = "SUSPENDING"
        /// Its nodes are gone.
        case suspended = "SUSPENDED"
    }

    /// The collections of an order's name.
    public static func resourceName(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "locations", "queuedResources")
    }

    /// `projects/P/locations/Z/queuedResources/Q`.
    public let name: ResourceName
    /// The name of its node, `projects/P/locations/Z/nodes/N`; nil where it is of several.
    public let node: ResourceName?
    /// The labels of its node.
    public let labels: [String: String]
    /// Whether its node may be taken back.
    public let isSpot: Bool
    /// Where it stands.
    public let state: State
    /// Whether Cloud TPU itself brought it there, not an account of the project's.
    public let isServiceInitiated: Bool
    /// Why it could not be carried out.
    public let failure: RPCStatus?

    /// Reads an order.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        let name = try reader.name("a queued resource", Self.resourceName)
        self.name = name
        let specs = try reader["tpu"]["nodeSpec"].elements()
        let id = specs.count == 1 ? try specs[0]["nodeId"].optional?.string() : nil
        node = id.flatMap {
            TPUNode.resourceName("projects/\(name["projects"])/locations/\(name["locations"])/nodes/\($0)")
        }
        labels = try specs.first?["node"]["labels"].texts() ?? [:]
        isSpot = !reader["spot"].isNull
        let state = reader["state"]
        self.state = State(rawValue: try state["state"].optional?.string() ?? "") ?? .unspecified
        isServiceInitiated = try state["stateInitiator"].optional?.string() == "SERVICE"
        failure = try state["failedData"]["error"].optional.map { status throws(JSONTypeError) in
            try RPCStatus(status)
        }
    }
}

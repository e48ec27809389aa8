public import Wire

/// A virtual machine as Compute Engine shows it.
public struct Instance: Sendable, Equatable {
    /// Where a machine stands (https://cloud.google.com/compute/docs/instances/instance-lifecycle).
    public enum Status: String, Sendable, CaseIterable {
        /// A status from after this was written.
        case unspecified = "UNSPECIFIED"
        /// It waits for capacity.
        case pending = "PENDING"
        /// Its resources are being allocated.
        case provisioning = "PROVISIONING"
        /// It is being started.
        case staging = "STAGING"
        /// It runs.
        case running = "RUNNING"
        /// It shuts down within the time that it asked for.
        case pendingStop = "PENDING_STOP"
        /// It shuts down.
        case stopping = "STOPPING"
        /// It is off, and its network and disks are being given back.
        case deprovisioning = "DEPROVISIONING"
        /// It is off.
        case stopped = "STOPPED"
        /// It is off.
        case terminated = "TERMINATED"
        /// Its memory is being written down.
        case suspending = "SUSPENDING"
        /// Its memory is written down, and it is off.
        case suspended = "SUSPENDED"
        /// It broke down, and is being repaired.
        case repairing = "REPAIRING"
    }

    /// The collections of a machine's name.
    public static func resourceName(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "zones", "instances")
    }

    /// `projects/P/zones/Z/instances/I`.
    public let name: ResourceName
    /// Its labels.
    public let labels: [String: String]
    /// Where it stands.
    public let status: Status

    /// Reads a machine.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        // https://www.googleapis.com/compute/v1/projects/P/zones/Z/instances/I
        let link = try reader["selfLink"].string()
        let path = link.split(separator: "/", omittingEmptySubsequences: false).suffix(6).joined(separator: "/")
        guard let name = Self.resourceName(path) else {
            throw reader["selfLink"].mismatch("the URL of a machine", found: link)
        }
        self.name = name
        labels = try reader["labels"].texts()
        status = Status(rawValue: try reader["status"].optional?.string() ?? "") ?? .unspecified
    }
}

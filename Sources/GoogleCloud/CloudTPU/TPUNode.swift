public import Wire

/// TPUs and the machine that they are in, as Cloud TPU shows them.
public struct TPUNode: Sendable, Equatable {
    /// Where a node stands
    /// (https://cloud.google.com/tpu/docs/reference/rest/v2/projects.locations.nodes#State).
    public enum State: String, Sendable, CaseIterable {
        /// The state is not known, or one that came after this was written.
        case unspecified = "STATE_UNSPECIFIED"
        /// It is being made.
        case creating = "CREATING"
        /// It is there.
        case ready = "READY"
        /// It starts again.
        case restarting = "RESTARTING"
        /// Its system is being put on anew.
        case reimaging = "REIMAGING"
        /// It is being deleted.
        case deleting = "DELETING"
        /// It is being repaired, and may not be of use.
        case repairing = "REPAIRING"
        /// It is off.
        case stopped = "STOPPED"
        /// It shuts down.
        case stopping = "STOPPING"
        /// It starts.
        case starting = "STARTING"
        /// It was taken back.
        case preempted = "PREEMPTED"
        /// It was ended for maintenance, or at the end of what a preemptible one may live.
        case terminated = "TERMINATED"
        /// It is being taken out of sight.
        case hiding = "HIDING"
        /// It is out of sight.
        case hidden = "HIDDEN"
        /// It is being brought back into sight.
        case unhiding = "UNHIDING"
        /// A repair of it failed.
        case unknown = "UNKNOWN"
    }

    /// The collections of a node's name.
    public static func resourceName(_ text: String) -> ResourceName? {
        ResourceName(text, "projects", "locations", "nodes")
    }

    /// Where it stands.
    public let state: State
    /// Why it is not well, for people.
    public let healthDescription: String?

    /// Reads a node.
    ///
    /// - Throws: `JSONTypeError`.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        // What has no such name tells of something else.
        _ = try reader.name("a node", Self.resourceName)
        state = State(rawValue: try reader["state"].optional?.string() ?? "") ?? .unspecified
        healthDescription = try reader["healthDescription"].optional?.string()
    }
}

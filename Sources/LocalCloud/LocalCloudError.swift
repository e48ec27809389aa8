/// Why the local cloud could not start or go on.
///
/// Troubleshooting: every message names the path, address or value at fault; `stateDirectoryInUse` means that another
/// process serves the same directory, so stop it or choose another one.
public struct LocalCloudError: Error, Equatable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// A value of the configuration is not acceptable.
        case invalidConfiguration = "local_cloud_invalid_configuration"
        /// The state directory cannot be made, read or written.
        case stateDirectoryUnusable = "local_cloud_state_directory_unusable"
        /// Another process serves the same state directory.
        case stateDirectoryInUse = "local_cloud_state_directory_in_use"
        /// The database cannot be opened or is not ours.
        case databaseUnusable = "local_cloud_database_unusable"
        /// The address cannot be listened on.
        case addressUnusable = "local_cloud_address_unusable"
        /// The cloud was started before, or is not running.
        case wrongState = "local_cloud_wrong_state"
    }

    /// The reason.
    public let code: Code
    /// One line for people: what is wrong and what to do next.
    public let message: String

    /// An error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}

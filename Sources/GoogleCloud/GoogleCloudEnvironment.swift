public import SignalboxCore
public import Wire

/// What Google's own variables say: where the services are, and who asks.
///
/// | variable | meaning |
/// |---|---|
/// | `GOOGLE_CLOUD_PROJECT` | the project's id |
/// | `GOOGLE_APPLICATION_CREDENTIALS` | a service account's key file; without it the metadata server is asked |
/// | `GCE_METADATA_HOST` | another metadata server |
/// | `STORAGE_EMULATOR_HOST` | another Cloud Storage, without credentials: `host:port` or a URL |
/// | `FIRESTORE_EMULATOR_HOST` | another Firestore, as its owner: `host:port` or a URL |
public struct GoogleCloudEnvironment: Sendable, Equatable {
    /// The project's id, where it is set.
    public let project: String?
    /// A key file, where one is set.
    public let credentialsFile: String?
    /// The metadata server.
    public let metadataHost: String
    /// The URL of an emulator of Cloud Storage.
    public let storageEmulator: String?
    /// The URL of an emulator of Firestore.
    public let firestoreEmulator: String?

    /// Reads the variables.
    ///
    /// - Throws: ``ConfigurationError`` for a value that is malformed.
    public init(_ variable: (String) -> String? = HTTPClient.Configuration.variable) throws(ConfigurationError) {
        func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
        project = value("GOOGLE_CLOUD_PROJECT")
        if let project, !Self.isProject(project) {
            throw ConfigurationError("GOOGLE_CLOUD_PROJECT", "is \"\(project)\", which is no project id")
        }
        credentialsFile = value("GOOGLE_APPLICATION_CREDENTIALS")
        metadataHost = value("GCE_METADATA_HOST") ?? MetadataServerCredentials.standardHost
        guard Self.isHost(metadataHost[...]) else {
            throw ConfigurationError("GCE_METADATA_HOST", "is \"\(metadataHost)\", which is no host or host:port")
        }
        storageEmulator = try Self.emulator("STORAGE_EMULATOR_HOST", value("STORAGE_EMULATOR_HOST"))
        firestoreEmulator = try Self.emulator("FIRESTORE_EMULATOR_HOST", value("FIRESTORE_EMULATOR_HOST"))
    }

    /// The project's id.
    ///
    /// - Throws: ``ConfigurationError`` where `GOOGLE_CLOUD_PROJECT` is not set.
    public func requiredProject() throws(ConfigurationError) -> String {
        guard let project else { throw ConfigurationError("GOOGLE_CLOUD_PROJECT", "is not set") }
        return project
    }

    /// Cloud Storage, or what stands in for it.
    public func storage(_ context: ServiceContext) throws(ConfigurationError) -> CloudStorage {
        if let storageEmulator { return CloudStorage(endpoint: storageEmulator, credentials: nil, context: context) }
        return CloudStorage(credentials: try credentials(context), context: context)
    }

    /// Firestore's default database of the project, or what stands in for it.
    ///
    /// - Throws: ``ConfigurationError`` where `GOOGLE_CLOUD_PROJECT` is not set.
    public func firestore(_ context: ServiceContext) throws(ConfigurationError) -> Firestore {
        let project = try requiredProject()
        if let firestoreEmulator {
            let owner = FixedCredentials.emulatorOwner
            return Firestore(project: project, endpoint: firestoreEmulator, credentials: owner, context: context)
        }
        return Firestore(project: project, credentials: try credentials(context), context: context)
    }

    /// Who asks: the key file's account, else the machine's.
    public func credentials(_ context: ServiceContext) throws(ConfigurationError) -> any Credentials {
        guard let credentialsFile else { return MetadataServerCredentials(host: metadataHost, context: context) }
        return try ServiceAccountCredentials(file: credentialsFile, context: context)
    }

    private static func emulator(_ name: String, _ value: String?) throws(ConfigurationError) -> String? {
        guard let value else { return nil }
        let scheme = ["http://", "https://"].first { value.hasPrefix($0) }
        var host = value.dropFirst(scheme?.count ?? 0)
        while host.last == "/" { host.removeLast() }
        guard isHost(host) else { throw ConfigurationError(name, "is \"\(value)\", which is no host:port or URL") }
        return (scheme ?? "http://") + host
    }

    private static func isHost(_ text: Substring) -> Bool {
        let marks = Set("-._:[]".utf8)
        return !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
    }

    /// Ids have letters, digits and hyphens; older ones are of a domain (`example.com:robots`).
    private static func isProject(_ text: String) -> Bool {
        let marks = Set("-.:".utf8)
        return text.utf8.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

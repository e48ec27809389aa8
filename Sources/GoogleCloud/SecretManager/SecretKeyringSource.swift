public import SignalboxCore
import Wire

/// A keyring in a version of a secret, ``SecretManager/secretBytesMax`` bytes at most.
///
/// `versions/latest` follows what `gcloud secrets versions add` adds; a number stays what it is, and with it the
/// keyring.
public struct SecretKeyringSource: KeyringSource {
    private let version: String
    private let secrets: SecretManager

    /// A version, `projects/P/secrets/S/versions/V`.
    public init(_ version: String, in secrets: SecretManager) {
        self.version = version
        self.secrets = secrets
    }

    /// The version.
    public var name: String { version }

    /// All of the secret.
    public func read() async throws -> [UInt8] { try await secrets.access(version) }
}

extension Settings {
    /// The keyring of `SIGNALBOX_KEYRING`, from a file, a bucket or Secret Manager.
    public func keyring(
        _ cloud: GoogleCloudEnvironment,
        _ context: ServiceContext
    ) throws(ConfigurationError) -> CachedKeyring {
        try keyring(
            objects: { () throws(ConfigurationError) in try cloud.storage(context) },
            secret: { version throws(ConfigurationError) in
                let secrets = SecretManager(credentials: try cloud.credentials(context), context: context)
                return SecretKeyringSource(version, in: secrets)
            },
            clock: context.clock
        )
    }
}

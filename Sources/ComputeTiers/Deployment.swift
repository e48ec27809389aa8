import SignalboxCore
import Wire

/// Which deployment a run belongs to: several may share a cluster or a project, and none may touch another's runs.
enum Deployment {
    private static let letters = 16

    /// The start of the digest of the training bucket and the prefix.
    ///
    /// - Throws: `ConfigurationError`.
    static func name(_ environment: Environment) throws(ConfigurationError) -> String {
        let bucket = try environment.required("SIGNALBOX_TRAINING_BUCKET")
        let store = bucket + "/" + (environment.text("SIGNALBOX_PREFIX") ?? "")
        return String(SHA256.digest(of: store).hex.prefix(letters))
    }
}

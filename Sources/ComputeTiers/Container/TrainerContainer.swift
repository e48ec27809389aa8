import GoogleCloud
public import SignalboxCore
import Wire

/// What runs on every tier of Google's: a container image with the trainer, its arguments and variables, the account
/// that it acts as, and the labels by which a run is found again.
///
/// | variable | meaning |
/// |---|---|
/// | `SIGNALBOX_TRAINER_IMAGE` | the image, best with its digest: `us-docker.pkg.dev/p/r/trainer@sha256:…` |
/// | `SIGNALBOX_TRAINER_SERVICE_ACCOUNT` | the e-mail address of the account that trainers act as |
/// | `SIGNALBOX_MODEL_KEY` | a version of a secret, `projects/P/secrets/S/versions/V`, that holds the key |
///
/// The trainer gets the variables of ``handedOn``, `MLFLOW_TRACKING_URI` where no password is in it, and no others; no
/// secret is among them.
public struct TrainerContainer: Sendable, Equatable {
    /// The variables that a trainer in a container inherits.
    public static let handedOn: [String] =
        [
            "GOOGLE_CLOUD_PROJECT", "SIGNALBOX_STAGING_BUCKET", "SIGNALBOX_TRAINING_BUCKET", "SIGNALBOX_PREFIX",
            "SIGNALBOX_HEARTBEAT_SECONDS", "SIGNALBOX_SESSION_LIMIT", "SIGNALBOX_MODEL_KEY",
            "SIGNALBOX_MONITOR_SECONDS", "SIGNALBOX_GIT_SHA", "TAQI_MD_HASH", "MLFLOW_EXPERIMENT_NAME",
            "WANDB_MODE", "WANDB_PROJECT", "WANDB_ENTITY",
        ] + Settings.policyVariableNames + Settings.archiveVariableNames
    /// Letters of a label's value (https://cloud.google.com/compute/docs/labeling-resources).
    public static let labelLettersMax = 63

    /// The image.
    public let image: String
    /// The e-mail address of the account that the trainer acts as.
    public let serviceAccount: String
    /// The trainer's environment.
    public let variables: [String: String]
    /// Which deployment a run belongs to: several may share a project, and none may touch another's runs.
    public let deployment: String

    /// Reads the environment.
    ///
    /// - Throws: `ConfigurationError`.
    public init(_ environment: Environment) throws(ConfigurationError) {
        image = try environment.required("SIGNALBOX_TRAINER_IMAGE")
        guard Self.isImage(image) else {
            throw ConfigurationError("SIGNALBOX_TRAINER_IMAGE", "is \"\(image)\", which is no name of an image")
        }
        serviceAccount = try environment.required("SIGNALBOX_TRAINER_SERVICE_ACCOUNT")
        guard Self.isAccount(serviceAccount) else {
            throw ConfigurationError(
                "SIGNALBOX_TRAINER_SERVICE_ACCOUNT",
                "is \"\(serviceAccount)\", which is no service account's e-mail address"
            )
        }
        let modelKey = try environment.required("SIGNALBOX_MODEL_KEY")
        guard SecretManager.isVersion(modelKey) else {
            // The value is not repeated: it may be the key.
            throw ConfigurationError(
                "SIGNALBOX_MODEL_KEY",
                "is not projects/P/secrets/S/versions/V, which containers need"
            )
        }
        deployment = try Deployment.name(environment)
        var variables: [String: String] = [:]
        for name in Self.handedOn { variables[name] = environment.text(name) }
        // One with a name and a password in it is a secret.
        if let uri = environment.text("MLFLOW_TRACKING_URI"), !uri.contains("@") {
            variables["MLFLOW_TRACKING_URI"] = uri
        }
        self.variables = variables
    }

    /// The trainer's arguments.
    public func arguments(for order: RunOrder) -> [String] { ["--spec", order.spec.uri] }

    private static func isImage(_ text: String) -> Bool {
        text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { isLetterOrDigit($0) || "-._/:@".utf8.contains($0) }
    }

    private static func isAccount(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { isLetterOrDigit($0) || "-._".utf8.contains($0) }
            }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

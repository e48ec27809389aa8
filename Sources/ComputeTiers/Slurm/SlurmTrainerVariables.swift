/// Which variables a trainer on a cluster inherits.
///
/// All of Signalbox's own that a trainer may read, and those of Google and of its HTTP client; files that they name
/// have to be at the same path there. `SIGNALBOX_SLURM_ENV_NAME` gives the trainer a `NAME` of its own instead.
enum SlurmTrainerVariables {
    /// Where the programs of a script are looked for: Slurm hands on nothing that it is not given.
    static let searchPath = "/usr/local/bin:/usr/bin:/bin"
    /// Before the name of a variable that only the trainer gets.
    static let ownPrefix = "SIGNALBOX_SLURM_ENV_"

    private static let ofSignalbox = "SIGNALBOX_"
    /// Of the tier itself, the way to its token among them.
    private static let ofTheTier = "SIGNALBOX_SLURM_"
    /// Of those who launch, and of no use to a trainer.
    private static let ofLaunchers: Set<String> = [
        "SIGNALBOX_LOCAL_RUNS", "SIGNALBOX_TRAINER", "SIGNALBOX_STATE", "SIGNALBOX_RECEIPT_KEY", "SIGNALBOX_KEYRING",
        "SIGNALBOX_KEYRING_ROOTS", "SIGNALBOX_KEYRING_ROOT_KEY", "SIGNALBOX_KEYRING_SECONDS_MAX",
    ]
    private static let trackingURI = "MLFLOW_TRACKING_URI"
    private static let others: Set<String> = [
        "GOOGLE_CLOUD_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS", "GCE_METADATA_HOST", "STORAGE_EMULATOR_HOST",
        "FIRESTORE_EMULATOR_HOST", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "CURL_CA_BUNDLE",
        "SSL_CERT_FILE", "SSL_CERT_DIR", trackingURI, "MLFLOW_EXPERIMENT_NAME", "WANDB_MODE", "WANDB_PROJECT",
        "WANDB_ENTITY", "TAQI_MD_HASH",
    ]

    /// The trainer's environment, from that of its launcher.
    static func inherited(from variables: [String: String]) -> [String: String] {
        var environment = ["PATH": searchPath]
        for (name, value) in variables where isInherited(name) { environment[name] = value }
        // Jobs' variables are for others to read too: one with a name and a password in it is a secret.
        if environment[trackingURI]?.contains("@") == true { environment[trackingURI] = nil }
        for (name, value) in variables where name.hasPrefix(ownPrefix) && name.count > ownPrefix.count {
            environment[String(name.dropFirst(ownPrefix.count))] = value
        }
        return environment
    }

    private static func isInherited(_ name: String) -> Bool {
        if others.contains(name) { return true }
        return name.hasPrefix(ofSignalbox) && !name.hasPrefix(ofTheTier) && !ofLaunchers.contains(name)
    }
}

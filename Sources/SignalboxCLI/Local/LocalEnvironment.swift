import Wire

/// The variables of a local cloud's programs.
struct LocalEnvironment: Sendable {
    /// Never handed on: a local cloud must not reach a real one.
    private static let withheld = ["GOOGLE_APPLICATION_CREDENTIALS", "PORT", "K_SERVICE", "K_REVISION"]
    /// Names the key that signs the keyring.
    private static let rootKey = "SIGNALBOX_KEYRING_ROOT_KEY"

    /// What the functions and the trainer are started with.
    let functions: [String: String]
    /// What a client needs.
    let clients: [String: String]

    /// The variables on top of this process's own.
    ///
    /// - Parameters:
    ///   - own: the process's environment; what it says of keys, tiers and policies counts.
    ///   - address: where the cloud is, `127.0.0.1:9000`.
    init(own: [String: String], layout: LocalLayout, address: String) {
        let cloud = [
            "STORAGE_EMULATOR_HOST": "http://" + address,
            "FIRESTORE_EMULATOR_HOST": address,
            "GOOGLE_CLOUD_PROJECT": LocalLayout.project,
            "SIGNALBOX_STAGING_BUCKET": LocalLayout.stagingBucket,
            "SIGNALBOX_TRAINING_BUCKET": LocalLayout.trainingBucket,
            "SIGNALBOX_LOCAL_RUNS": layout.runs,
        ]
        let intake = KeyFiles(folder: layout.keys, name: "intake")
        let models = KeyFiles(folder: layout.keys, name: "models")
        var standard = [
            "SIGNALBOX_KEYRING": layout.keyring,
            "SIGNALBOX_RECEIPT_KEY": intake.privatePath,
            "SIGNALBOX_RECEIPT_PUBLIC_KEY": intake.publicPath,
            "SIGNALBOX_MODEL_KEY": models.privatePath,
            "SIGNALBOX_MODEL_PUBLIC_KEY": models.publicPath,
            "SIGNALBOX_TIER": "local",
            // Nobody pays by the write here, people watch, and a process of this machine is found dead at once.
            "SIGNALBOX_HEARTBEAT_SECONDS": "2",
            "SIGNALBOX_START_LEASE_SECONDS": "20",
            "SIGNALBOX_LEASE_SECONDS": "20",
            "SIGNALBOX_TRAINER": layout.program("trainer"),
        ]
        standard["SIGNALBOX_COMPILE_CACHE"] = layout.state + "/compiled"
        standard["SIGNALBOX_PROGRAMS"] = layout.trainingPrograms
        standard["SIGNALBOX_PJRT_PLUGIN"] = layout.plugin
        let given = own.filter { !$0.value.isEmpty && !(Self.withheld + [Self.rootKey]).contains($0.key) }
        // Another keyring is signed by other roots, or by none.
        if own["SIGNALBOX_KEYRING", default: ""].isEmpty { standard["SIGNALBOX_KEYRING_ROOTS"] = layout.roots }
        functions = standard.merging(given) { _, given in given }.merging(cloud) { _, cloud in cloud }
        // Private keys are the functions' alone; the policies hold for all, so that all agree.
        var clients = functions.filter { name, _ in
            cloud[name] != nil
                || name.hasPrefix("SIGNALBOX_") && name != "SIGNALBOX_RECEIPT_KEY" && name != "SIGNALBOX_MODEL_KEY"
                    && name != Surroundings.stateVariable
        }
        // The root key is for whoever changes the keyring, and for no function.
        if functions["SIGNALBOX_KEYRING_ROOTS"] == layout.roots {
            clients[Self.rootKey] = KeyFiles(folder: layout.keys, name: LocalLayout.rootKeyID).privatePath
        }
        self.clients = clients
    }
}

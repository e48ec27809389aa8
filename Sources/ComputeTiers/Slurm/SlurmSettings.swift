import SignalboxCore
import Wire

/// Where a Slurm cluster is, who asks it, and what its jobs are made of.
public struct SlurmSettings: Sendable {
    /// The URL of slurmrestd, without a slash at its end: `http://slurm:6820`.
    public var url: String
    /// Who asks, and whose jobs the runs are.
    public var user: String
    /// The file with that user's token, on this machine; read anew for each call.
    public var tokenFile: String
    /// The version that is spoken.
    public var version: SlurmVersion
    /// The partition of places that name none; nil: the cluster's default.
    public var partition: String?
    /// The partition of spot places that name none: one whose jobs give way to others.
    public var spotPartition: String?
    /// The account that is charged; nil: the user's own.
    public var account: String?
    /// The folder for the runs' logs, on the cluster's shared file system; the trainers work in it.
    public var folder: String
    /// The path of the trainer's executable on the cluster.
    public var trainer: String
    /// The trainer's environment.
    public var environment: [String: String]
    /// Whose runs they are: several deployments may share a cluster, and none may touch another's runs.
    public var deployment: String

    /// Settings of a cluster's own defaults.
    public init(
        url: String,
        user: String,
        tokenFile: String,
        version: SlurmVersion = .oldest,
        folder: String,
        trainer: String,
        environment: [String: String],
        deployment: String
    ) {
        self.url = url
        self.user = user
        self.tokenFile = tokenFile
        self.version = version
        self.folder = folder
        self.trainer = trainer
        self.environment = environment
        self.deployment = deployment
    }
}

extension SlurmSettings {
    /// The variable that says where slurmrestd is; without it there is no such tier.
    static let urlVariable = "SIGNALBOX_SLURM_URL"

    /// Reads the environment; nil where `SIGNALBOX_SLURM_URL` is not set.
    ///
    /// - Parameter variables: those that a trainer may inherit.
    /// - Throws: `ConfigurationError`.
    init?(_ environment: Environment, variables: [String: String]) throws(ConfigurationError) {
        guard let url = environment.text(Self.urlVariable) else { return nil }
        self.init(
            url: try Self.checked(url: url),
            user: try environment.required("SIGNALBOX_SLURM_USER"),
            tokenFile: try environment.required("SIGNALBOX_SLURM_TOKEN_FILE"),
            version: try Self.version(environment.text("SIGNALBOX_SLURM_API")),
            folder: try Self.path(environment, "SIGNALBOX_SLURM_FOLDER"),
            trainer: try Self.path(environment, "SIGNALBOX_SLURM_TRAINER"),
            environment: SlurmTrainerVariables.inherited(from: variables),
            deployment: try Deployment.name(environment)
        )
        partition = environment.text("SIGNALBOX_SLURM_PARTITION")
        spotPartition = environment.text("SIGNALBOX_SLURM_SPOT_PARTITION")
        account = environment.text("SIGNALBOX_SLURM_ACCOUNT")
    }

    private static func checked(url: String) throws(ConfigurationError) -> String {
        var url = url
        while url.last == "/" { url.removeLast() }
        guard let scheme = ["http://", "https://"].first(where: { url.hasPrefix($0) }), url.count > scheme.count else {
            throw ConfigurationError(urlVariable, "is \"\(url)\", not a URL such as http://slurm:6820")
        }
        return url
    }

    private static func version(_ text: String?) throws(ConfigurationError) -> SlurmVersion {
        guard let text else { return .oldest }
        guard let version = SlurmVersion(text) else {
            throw ConfigurationError("SIGNALBOX_SLURM_API", "is \"\(text)\", not \(SlurmVersion.oldest) or later")
        }
        return version
    }

    /// A path on the cluster. Slurm reads a percent sign or a backslash in a log's path as a pattern.
    private static func path(_ environment: Environment, _ name: String) throws(ConfigurationError) -> String {
        let path = try environment.required(name)
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x25 && $0 != 0x5C && $0 != 0x7F }) else {
            throw ConfigurationError(name, "is \"\(path)\", not an absolute path without %, \\ and control characters")
        }
        return path
    }
}

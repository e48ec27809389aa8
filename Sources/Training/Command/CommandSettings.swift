public import SignalboxCore
import Wire

/// What the deployment says of the training command: a job chooses its arguments, never the program.
public struct CommandSettings: Sendable {
    /// How long a command may take to checkpoint once it was asked to stop, where nothing else is said: a machine that
    /// is taken back gives the trainer 20 s, in which it also uploads.
    public static let graceSecondsStandard = 12
    /// The same in a job of Cloud Run, which gives the trainer 10 s
    /// (https://cloud.google.com/run/docs/container-contract#jobs).
    public static let graceSecondsOfCloudRun = 5
    /// Words of the command.
    public static let wordsMax = 64

    /// The program, found, and its first arguments.
    public var command: [String]
    /// Seconds from SIGTERM to SIGKILL.
    public var graceSeconds: Int
    /// The folder under which each attempt makes one of its own.
    public var workFolder: String
    /// What the command inherits.
    public var inherited: [String: String]

    /// Settings of their parts.
    public init(command: [String], graceSeconds: Int, workFolder: String, inherited: [String: String]) {
        self.command = command
        self.graceSeconds = graceSeconds
        self.workFolder = workFolder
        self.inherited = inherited
    }

    /// `SIGNALBOX_TRAINER_COMMAND`, `SIGNALBOX_COMMAND_GRACE_SECONDS` and `TMPDIR`; nil where no command is named.
    ///
    /// - Parameter isExecutable: whether there is a program at a path.
    /// - Throws: `ConfigurationError`.
    public init?(
        variables: [String: String],
        isExecutable: (String) -> Bool
    ) throws(ConfigurationError) {
        let environment = Environment(variables)
        let variable = "SIGNALBOX_TRAINER_COMMAND"
        guard let text = environment.text(variable) else { return nil }
        let elements = (try? JSONReader(JSON(parsing: Array(text.utf8))).array()) ?? []
        let words = elements.compactMap { $0.value.stringValue }
        guard let program = words.first, !program.isEmpty, words.count == elements.count,
            words.count <= Self.wordsMax
        else {
            throw ConfigurationError(
                variable,
                "is no JSON array of a program and its arguments, [\"python3\", \"a.py\"]"
            )
        }
        guard let found = Self.find(program, path: variables["PATH"] ?? "", isExecutable) else {
            throw ConfigurationError(variable, "names \(program), which is no program here")
        }
        command = [found] + words.dropFirst()
        graceSeconds = try environment.int(
            "SIGNALBOX_COMMAND_GRACE_SECONDS",
            in: 1...3600,
            default: environment.text(Self.cloudRunJob) == nil ? Self.graceSecondsStandard : Self.graceSecondsOfCloudRun
        )
        workFolder = environment.text("TMPDIR") ?? "/tmp"
        inherited = variables.filter { !Self.isKeptBack($0.key) }
    }

    /// What Cloud Run sets in the containers of a job.
    public static let cloudRunJob = "CLOUD_RUN_JOB"

    private static func find(_ program: String, path: String, _ isExecutable: (String) -> Bool) -> String? {
        guard !program.contains("/") else { return isExecutable(program) ? program : nil }
        return path.split(separator: ":").map { "\($0)/\(program)" }.first(where: isExecutable)
    }

    /// Keys, credentials and stores are the supervisor's alone.
    private static func isKeptBack(_ name: String) -> Bool {
        name.hasPrefix("SIGNALBOX_") || name.hasPrefix("GOOGLE_") || name.hasSuffix("_EMULATOR_HOST")
    }
}

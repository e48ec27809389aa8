import Glibc
import GoogleCloud
import SignalboxCore
import Training
import Wire

/// What the trainer is made of, from the environment.
///
/// `SIGNALBOX_PJRT_PLUGIN` names the plugin, `SIGNALBOX_PROGRAMS` the folder of programs, `SIGNALBOX_COMPILE_CACHE` a
/// folder where compiled programs are kept, `SIGNALBOX_MODEL_KEY` the key that signs models: a file, or a version of a
/// secret, `projects/P/secrets/S/versions/V`; `SIGNALBOX_SESSION_LIMIT` how long the process may run, `12h`.
struct TrainerSetup: Sendable {
    private let environment: Environment
    private let settings: Settings
    let variables: [String: String]

    init(variables: [String: String]) {
        self.variables = variables
        environment = Environment(variables)
        settings = Settings(environment, readFile: FileIO.read)
    }

    func surroundings(
        sessionSecondsMax: Int?,
        console: @escaping @Sendable (ConsoleLine) -> Void
    ) async throws -> JobRun.Surroundings {
        let cloud = try GoogleCloudEnvironment { variables[$0] }
        let transport = HTTPClient()
        let context = ServiceContext(transport: transport)
        let provider = MachineProvider(variables: variables) { path in
            (try? FileIO.read(path, bytesMax: Self.firmwareBytesMax)).map { String(decoding: $0, as: UTF8.self) }
        }
        let host = Self.host()
        return JobRun.Surroundings(
            objects: try cloud.storage(context),
            documents: try cloud.firestore(context),
            layout: try settings.layout(),
            policy: try settings.jobPolicy(),
            limits: try settings.archiveLimits(),
            scratch: environment.text("TMPDIR").map { ScratchFolder($0) } ?? .standard,
            heartbeatSeconds: try settings.heartbeatSeconds(),
            modelKey: try await modelKey(cloud, context),
            clock: SystemClock(),
            host: host,
            notices: provider?.notices(variables: variables, transport: transport),
            sessionSecondsMax: sessionSecondsMax,
            stopSeconds: try stopSeconds(),
            command: try CommandSettings(variables: variables) { access($0, X_OK) == 0 },
            runner: "runner-" + Hex.encode(SystemRandomSource().bytes(8)),
            // A client of its own: what trackers wait for, no heartbeat waits for.
            telemetry: try telemetry(host: host, transport: HTTPClient()),
            console: console
        )
    }

    /// Bytes of a line of the machine's firmware.
    private static let firmwareBytesMax = 4096

    /// `SIGNALBOX_SESSION_LIMIT`; nil where it is not set.
    func sessionLimit() throws(ConfigurationError) -> SessionLimit? {
        let variable = "SIGNALBOX_SESSION_LIMIT"
        guard let text = environment.text(variable) else { return nil }
        guard let limit = SessionLimit(text) else {
            throw ConfigurationError(variable, "is \"\(text)\", not a time such as 12h, 90m or 3600s")
        }
        return limit
    }

    /// `SIGNALBOX_STOP_SECONDS`; nil for what is usual.
    private func stopSeconds() throws(ConfigurationError) -> Int? {
        let variable = "SIGNALBOX_STOP_SECONDS"
        guard environment.text(variable) != nil else {
            return environment.text(CommandSettings.cloudRunJob) == nil ? nil : JobRun.stopSecondsOfCloudRun
        }
        return try environment.int(variable, in: 5...3600, default: JobRun.stopSecondsStandard)
    }

    private func modelKey(
        _ cloud: GoogleCloudEnvironment,
        _ context: ServiceContext
    ) async throws -> Ed25519PrivateKey {
        let variable = "SIGNALBOX_MODEL_KEY"
        guard let version = environment.text(variable), SecretManager.isVersion(version) else {
            return try settings.privateKey(variable)
        }
        let secrets = SecretManager(credentials: try cloud.credentials(context), context: context)
        let pem = String(decoding: try await secrets.access(version), as: UTF8.self)
        guard let key = try? Ed25519PrivateKey(pem: pem) else {
            throw ConfigurationError(variable, "names a secret that holds no Ed25519 private key in PEM")
        }
        return key
    }

    /// Reads a spec from a store or a file.
    func spec(_ place: String, _ objects: any ObjectStore) async throws -> JobSpec {
        let bytes: [UInt8]
        if let name = ObjectName(uri: place) {
            bytes = try await objects.bytes(of: name, bytesMax: JobSpec.bytesMax).bytes
        } else {
            bytes = try FileIO.read(place, bytesMax: JobSpec.bytesMax)
        }
        return try JobSpec(JSONReader(JSON(parsing: bytes)))
    }

    /// Makes the `xla` engine of a config. What it lacks is the job's failure: the next attempt would lack it too.
    func engineMaker() -> JobRun.EngineMaker {
        let environment = environment
        return { config in
            guard let plugin = environment.text("SIGNALBOX_PJRT_PLUGIN") else {
                let advice = "run deploy/local/fetch-plugin.sh and set it to the path that it prints"
                throw TrainingError(.pluginMissing, "SIGNALBOX_PJRT_PLUGIN is not set; \(advice)")
            }
            guard let programs = environment.text("SIGNALBOX_PROGRAMS") else {
                let advice = "set it to the folder of programs, Sources/Training/Programs of the release"
                throw TrainingError(.programsMissing, "SIGNALBOX_PROGRAMS is not set; \(advice)")
            }
            let cache = environment.text("SIGNALBOX_COMPILE_CACHE")
            let bundle = try ProgramBundle(model: config.modelType, preset: config.preset, in: programs)
            return (try XLAEngine(bundle: bundle, plugin: plugin, cache: cache), bundle)
        }
    }

    private static func host() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

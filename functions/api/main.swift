import CloudEvents
import FunctionServer
import Glibc
import GoogleCloud
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import SignalboxCore
import Wire

let variables = ProcessEnvironment.current()
do {
    let environment = SignalboxCore.Environment(variables)
    let settings = Settings(environment, readFile: FileIO.read)
    let server = try ServerConfiguration(environment: variables)
    let cloud = try GoogleCloudEnvironment { variables[$0] }
    let context = ServiceContext(transport: HTTPClient())
    let documents = try cloud.firestore(context)
    let storage = try cloud.storage(context)
    let log = EventLog(labels: ["function": "api"]) { FileIO.writeLine($0, to: STDOUT_FILENO) }
    // A keyring's file that is of no use is a fault of the installation: better now than at the first robot.
    _ = try settings.keyringFile(clock: context.clock)
    let keyring = try settings.keyring(cloud, context)
    // A platform's front ends TLS before the function.
    let isBehindFront = environment.text("K_SERVICE") != nil
    let scheme = isBehindFront ? "https" : "http"
    var policy = RequestPolicy()
    policy.authorities = try settings.apiHosts(scheme: scheme)
    if isBehindFront, policy.authorities == nil {
        log.write(
            .warning,
            "SIGNALBOX_API_HOSTS is not set: a request that was signed for another server is taken here"
        )
    }
    let desk = UploadDesk(
        objects: storage,
        documents: documents,
        sessions: storage,
        layout: try settings.layout(),
        authenticator: RequestAuthenticator(
            documents: documents,
            keyring: keyring,
            policy: policy,
            clock: SystemClock()
        ),
        limits: try settings.archiveLimits(),
        clock: SystemClock()
    )
    let router = Router()
    router.add(middleware: UnknownRoutes())
    router.get("healthz") { _, _ in Response.json(.ok, ["status": "ok"]) }
    UploadRoutes(desk: desk, scheme: scheme, log: log).add(to: router)
    let reading = router.group()
    if let policy = server.callers {
        let verifier = IDTokenVerifier(policy: policy, transport: HTTPClient(), clock: SystemClock())
        reading.add(middleware: CallerCheck(verifier: verifier))
    }
    ReadingRoutes(documents: documents).add(to: reading)
    var logger = Logger(label: "signalbox.api")
    logger.logLevel = .critical
    let application = Application(
        router: router,
        server: .http1(configuration: .init(idleTimeout: .seconds(30))),
        configuration: ApplicationConfiguration(
            address: .hostname(server.host, port: server.port),
            serverName: "signalbox-api"
        ),
        onServerRunning: { channel in
            log.write(.info, "listening on \(server.host):\(channel.localAddress?.port ?? server.port)")
        },
        logger: logger
    )
    try await application.runService()
} catch {
    FileIO.writeLine("api: \(error)", to: STDERR_FILENO)
    exit(78)
}

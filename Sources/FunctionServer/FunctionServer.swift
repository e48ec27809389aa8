public import CloudEvents
import Glibc
public import Wire

/// One function: one event in, one answer out.
public enum FunctionServer {
    /// What a run ends with, after sysexits(3).
    public enum ExitCode {
        /// Stopped when it was told to, or the event of `--event` was done or refused.
        public static let success: Int32 = 0
        /// The arguments are wrong.
        public static let usage: Int32 = 64
        /// The event of `--event` cannot be read.
        public static let unreadable: Int32 = 65
        /// The address cannot be listened on.
        public static let unavailable: Int32 = 69
        /// The event of `--event` is to be tried again.
        public static let tryAgain: Int32 = 75
        /// An environment variable is wrong.
        public static let configuration: Int32 = 78
    }

    /// Runs a function until SIGTERM or SIGINT, or for the one event of `--event FILE`.
    ///
    /// - Parameters:
    ///   - name: what the function is called in logs.
    ///   - environment: `PORT`, `K_SERVICE`, `GOOGLE_CLOUD_PROJECT`.
    ///   - arguments: without the program's name: nothing, or `--event FILE`.
    /// - Returns: the code to exit with, one of ``ExitCode``.
    public static func run(
        name: String,
        environment: [String: String],
        arguments: [String],
        limits: ServerLimits = ServerLimits(),
        handler: any EventHandler
    ) async -> Int32 {
        let isServing = arguments.isEmpty
        let output = isServing ? LineOutput.standardOutput : LineOutput.standardError
        let log = EventLog(labels: ["function": name]) { output.write($0) }
        let configuration: ServerConfiguration
        do { configuration = try ServerConfiguration(environment: environment) } catch {
            log.write(.error, "cannot start: \(error)")
            return ExitCode.configuration
        }
        let service = FunctionService(
            handler: handler,
            limits: limits,
            log: log,
            project: configuration.project,
            // An event in a file is its reader's own.
            callers: isServing ? verifier(configuration, HTTPClient(), SystemClock()) : nil,
            clock: SystemClock()
        )
        if isServing { return await serve(service, configuration, log) }
        guard arguments.count == 2, arguments[0] == "--event" else {
            LineOutput.standardError.write("usage: \(name) [--event FILE]")
            return ExitCode.usage
        }
        return await runOnce(arguments[1], service, log)
    }

    /// Starts a function and returns once it listens.
    ///
    /// - Throws: what the system says where the address cannot be had.
    public static func start(
        configuration: ServerConfiguration,
        limits: ServerLimits = ServerLimits(),
        clock: any Clock = SystemClock(),
        transport: any HTTPTransport = HTTPClient(),
        log: EventLog,
        handler: any EventHandler
    ) async throws -> RunningServer {
        let service = FunctionService(
            handler: handler,
            limits: limits,
            log: log,
            project: configuration.project,
            callers: verifier(configuration, transport, clock),
            clock: clock
        )
        return try await RunningServer.start(service, configuration: configuration, clock: clock)
    }

    private static func verifier(
        _ configuration: ServerConfiguration,
        _ transport: any HTTPTransport,
        _ clock: any Clock
    ) -> IDTokenVerifier? {
        configuration.callers.map { IDTokenVerifier(policy: $0, transport: transport, clock: clock) }
    }

    private static func serve(
        _ service: FunctionService,
        _ configuration: ServerConfiguration,
        _ log: EventLog
    ) async -> Int32 {
        // Before anything else: a SIGTERM that comes while starting must not kill.
        let signals: StopSignals
        let server: RunningServer
        do {
            signals = try StopSignals()
            server = try await RunningServer.start(service, configuration: configuration, clock: SystemClock())
        } catch {
            log.write(.error, "cannot listen on \(configuration.host):\(configuration.port): \(error)")
            return ExitCode.unavailable
        }
        log.write(.info, "listening on \(configuration.host):\(server.port)")
        let signal = await signals.next()
        log.write(.info, "stopping on signal \(signal)")
        await server.stop()
        log.write(.info, "stopped")
        return ExitCode.success
    }

    /// Prints what would be answered to the event in a file.
    private static func runOnce(_ path: String, _ service: FunctionService, _ log: EventLog) async -> Int32 {
        let request: FunctionRequest
        do {
            request = try await EventFile.request(path: path, bytesMax: 2 * service.limits.bodyBytesMax)
        } catch {
            log.write(.error, "cannot read the event in \(path): \(error)")
            return ExitCode.unreadable
        }
        let answer = await service.answer(request)
        let printed: JSON = ["status": .integer(Int64(answer.status)), "body": answer.body]
        LineOutput.standardOutput.write(printed.serialized(pretty: true))
        switch answer.status {
        case 200..<300: return ExitCode.success
        case 503: return ExitCode.tryAgain
        default: return ExitCode.unreadable
        }
    }
}

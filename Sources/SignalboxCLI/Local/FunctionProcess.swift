import Glibc
import Wire

/// A function that is kept running: one that dies is started again on the same port.
actor FunctionProcess {
    /// From the first wait before a new start to the longest; it doubles with every start in quick succession.
    private static let pauseMin = Duration.milliseconds(100)
    private static let pauseMax = Duration.seconds(5)
    /// A process that ran so long was sound.
    private static let soundSeconds = Duration.seconds(30)
    /// How long a function may take to finish what it does, itself bounded by 10 s.
    private static let stopSeconds = Duration.seconds(12)

    /// `gcs-upload` …
    nonisolated let name: String
    /// Where it listens.
    nonisolated let url: String
    /// Its log.
    nonisolated let log: String

    private let program: String
    private let environment: [String: String]
    private let clock: any Clock
    private let changed: @Sendable () async -> Void
    private var child: SpawnedProcess?
    private var keeper: Task<Void, Never>?
    private var isStopping = false

    /// A function that does not run yet.
    ///
    /// - Parameter changed: called when it runs as another process than before.
    init(
        name: String,
        program: String,
        port: Int,
        log: String,
        environment: [String: String],
        clock: any Clock,
        changed: @escaping @Sendable () async -> Void
    ) {
        self.name = name
        self.program = program
        self.log = log
        self.clock = clock
        self.changed = changed
        url = "http://127.0.0.1:\(port)"
        self.environment = environment.merging(["PORT": String(port)]) { _, own in own }
    }

    /// The process it runs as; nil between an end and the next start.
    var identity: ProcessIdentity? { child.flatMap { ProcessIdentity(pid: $0.pid) } }

    /// Starts it for the first time.
    func start() throws(CommandError) {
        let child = try spawn()
        self.child = child
        keeper = Task { await keep(child) }
    }

    /// Stops it for good: asked first, killed when it takes too long.
    func stop() async {
        isStopping = true
        keeper?.cancel()
        guard let child else { return }
        child.signal(SIGTERM)
        let killer = Task { [clock] in
            try await clock.sleep(for: Self.stopSeconds)
            child.signal(SIGKILL)
        }
        _ = await child.wait()
        killer.cancel()
        self.child = nil
    }

    /// Kills it at once.
    func kill() {
        isStopping = true
        child?.signal(SIGKILL)
    }

    /// Starts its program; what it prints goes to the end of its log.
    private func spawn() throws(CommandError) -> SpawnedProcess {
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw CommandError(.fileUnusable, "\(log): \(String(cString: strerror(errno)))") }
        defer { close(output) }
        do throws(FileIO.Failure) {
            return try SpawnedProcess([program], environment: environment, output: output)
        } catch {
            throw CommandError(.localProcess, "\(error.path) \(error.problem)")
        }
    }

    private func keep(_ first: SpawnedProcess) async {
        var current = first
        var pause = Self.pauseMin
        var started = clock.now()
        while true {
            let ending = await current.wait()
            guard !isStopping else { return }
            child = nil
            if clock.now() - started >= Self.soundSeconds { pause = Self.pauseMin }
            Console.note("\(name) \(ending); starting it again (log: \(log))")
            do {
                try await clock.sleep(for: pause)
                guard !isStopping else { return }
                pause = min(pause * 2, Self.pauseMax)
                current = try spawn()
            } catch let error as CommandError {
                Console.note("\(name): \(error.message); trying again")
                continue
            } catch {
                return
            }
            child = current
            started = clock.now()
            await changed()
        }
    }
}

import ComputeTiers
import Glibc
import LocalCloud
import SignalboxCore
import Synchronization
import Wire

/// A local cloud at work: the services in this process, the functions in processes of their own.
actor LocalCloudRun {
    /// How long a function may take to answer for the first time.
    private static let readySeconds = 30
    private static let readyLook = Duration.milliseconds(50)
    /// How long trainers may take to checkpoint and end.
    private static let trainersSeconds = 20
    /// The tasks of `scheduled-prune`, and when each is due: as its `function.yaml` has it.
    private static let schedules = [
        ("sweep", "* * * * *"), ("announce", "23 * * * *"), ("prune", "17 3 * * *"),
    ]

    private let layout: LocalLayout
    private let clock: any Clock
    private let transport: HTTPClient
    private let cloud: LocalCloud
    private var functions: [FunctionProcess] = []
    private var state: LocalState?

    /// A run that has not begun.
    init(layout: LocalLayout, port: Int, chaosSeed: UInt64?, clock: any Clock) throws {
        self.layout = layout
        self.clock = clock
        transport = HTTPClient()
        let log = try LogFile(layout.logs + "/local-cloud.log")
        let configuration = LocalCloudConfiguration(
            stateDirectory: layout.cloud,
            port: port,
            buckets: [LocalLayout.stagingBucket, LocalLayout.trainingBucket],
            // From the first moment on, so that no event is lost before the functions answer.
            subscriptions: Self.subscriptions(urls: [:]),
            chaosSeed: chaosSeed
        )
        cloud = try LocalCloud(
            configuration: configuration,
            clock: clock,
            transport: transport,
            log: { log.append($0) }
        )
    }

    /// Starts everything and returns when all of it answers.
    ///
    /// - Returns: what other commands are told.
    func start(functionPorts: [Int]) async throws -> LocalState {
        let address = try await cloud.start()
        let own = ProcessEnvironment.current()
        let environment = LocalEnvironment(own: own, layout: layout, address: address.firestoreEmulatorHost)
        for (name, port) in zip(LocalLayout.functions, functionPorts) {
            functions.append(
                FunctionProcess(
                    name: name,
                    program: layout.program(name),
                    port: port,
                    log: "\(layout.logs)/\(name).log",
                    environment: environment.functions,
                    clock: clock,
                    changed: { [weak self] in await self?.publish() }
                )
            )
        }
        guard let process = ProcessIdentity(pid: getpid()) else {
            throw CommandError(.localProcess, "/proc is not readable: a local cloud needs it to know its processes")
        }
        let initial = LocalState(
            folder: layout.state,
            process: process,
            url: address.storageEmulatorHost,
            functions: [],
            environment: environment.clients
        )
        state = initial
        for function in functions {
            try await function.start()
            await publish()
        }
        for function in functions { try await waitUntilReady(function) }
        try await connect()
        return await publish() ?? initial
    }

    /// Stops the functions, trainers where it is asked for, then the services.
    func stop(withTrainers: Bool) async {
        await withTaskGroup(of: Void.self) { group in
            for function in functions { group.addTask { await function.stop() } }
        }
        let runs = LocalRuns(layout: layout, clock: clock)
        if withTrainers {
            let left = await runs.stop(withinSeconds: Self.trainersSeconds)
            if !left.isEmpty { Console.note("still running: \(left.joined(separator: ", "))") }
        } else {
            let left = await runs.alive()
            if !left.isEmpty {
                let list = left.joined(separator: ", ")
                Console.note("trainers go on by themselves: \(list); `signalbox local down` stops them too")
            }
        }
        await cloud.stop()
        transport.shutdown()
        LocalState.remove(folder: layout.state)
    }

    /// Kills the functions: the user will not wait.
    func abort() async { for function in functions { await function.kill() } }

    /// Who is told of what; events for a function without a URL wait.
    private static func subscriptions(urls: [String: String]) -> [EventSubscription] {
        [
            EventSubscription(
                name: "gcs-upload",
                filter: .objects(bucket: LocalLayout.stagingBucket, .finalized),
                url: urls["gcs-upload"]
            ),
            EventSubscription(
                name: "firestore-job",
                filter: .documents(pattern: "\(Job.collection)/{job}", .written),
                url: urls["firestore-job"]
            ),
        ]
    }

    /// From now on events and schedules reach the functions; until then they wait.
    private func connect() async throws {
        let urls = Dictionary(functions.map { ($0.name, $0.url) }) { first, _ in first }
        try await cloud.setSubscriptions(Self.subscriptions(urls: urls))
        try await cloud.setSchedules(
            Self.schedules.map { task, expression in
                CronSchedule(
                    name: task,
                    expression: expression,
                    url: urls["scheduled-prune"],
                    body: ["task": .string(task), "dry_run": false]
                )
            }
        )
    }

    private func waitUntilReady(_ function: FunctionProcess) async throws {
        let end = clock.now() + .seconds(Self.readySeconds)
        let request = HTTPRequest(url: function.url + "/healthz", timeout: .seconds(2))
        while clock.now() < end {
            if let response = try? await transport.send(request), response.status == 200 { return }
            try await clock.sleep(for: Self.readyLook)
        }
        let message = "\(function.name) does not answer after \(Self.readySeconds) s: see \(function.log)"
        throw CommandError(.localProcess, message)
    }

    /// Writes down what runs now.
    @discardableResult
    private func publish() async -> LocalState? {
        guard var state else { return nil }
        state.functions = []
        for function in functions {
            state.functions.append(
                LocalState.Function(
                    name: function.name,
                    url: function.url,
                    log: function.log,
                    process: await function.identity
                )
            )
        }
        do { try state.write() } catch { Console.note("local.json: \(error)") }
        return state
    }
}

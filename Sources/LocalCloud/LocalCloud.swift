public import Wire

/// The embedded default cloud: an object store on a folder, documents in SQLite, events and cron, one process, loopback
/// only. It speaks Cloud Storage's JSON API v1 and Firestore's REST API v1, so that their clients work against it.
public actor LocalCloud {
    private enum State {
        case initial
        case running(Running)
        case stopped
    }

    private struct Running {
        let address: LocalCloudAddress
        let server: HTTPServer
        let store: Store
        let cron: CronRunner
        let tasks: [Task<Void, Never>]
        let lock: OpenFile
    }

    private let configuration: LocalCloudConfiguration
    private let clock: any Clock
    private let random: any RandomSource
    private let transport: any HTTPTransport
    private let log: @Sendable (JSON) -> Void
    private let outbox: Outbox
    private var state = State.initial

    /// A cloud that does not run yet.
    ///
    /// - Parameters:
    ///   - transport: sends events and scheduled calls.
    ///   - log: takes one JSON object (`severity`, `message`, `labels`) for each delivery that failed.
    /// - Throws: ``LocalCloudError`` (`invalidConfiguration`).
    public init(
        configuration: LocalCloudConfiguration,
        clock: any Clock = SystemClock(),
        random: any RandomSource = SystemRandomSource(),
        transport: any HTTPTransport,
        log: @escaping @Sendable (JSON) -> Void = { _ in }
    ) throws(LocalCloudError) {
        try configuration.check()
        self.configuration = configuration
        self.clock = clock
        self.random = random
        self.transport = transport
        self.log = log
        let chaos = configuration.chaosSeed.map { Chaos(seed: $0, delayMax: configuration.delivery.chaosDelayMax) }
        outbox = Outbox(chaos: chaos, clock: clock)
        outbox.subscriptions = configuration.subscriptions
        outbox.schedules = configuration.schedules
    }

    /// Opens the state directory, clears what a crash left half done, and serves.
    ///
    /// - Throws: ``LocalCloudError``.
    @discardableResult
    public func start() async throws -> LocalCloudAddress {
        guard case .initial = state else { throw LocalCloudError(.wrongState, "a cloud is started once") }
        state = .stopped
        let directory = configuration.stateDirectory
        let (lock, files) = try Self.open(directory, clock: clock, random: random)
        let store = try Store(directory: directory, hasBlobs: try Self.hasBlobs(files))
        let storage = StorageService(
            store: store,
            files: files,
            outbox: outbox,
            clock: clock,
            location: configuration.location
        )
        let documents = DocumentService(
            store: store,
            outbox: outbox,
            clock: clock,
            random: random,
            location: configuration.location,
            transactions: DocumentTransactions(clock: clock, random: random)
        )
        try await storage.recover(buckets: configuration.buckets)
        let front = Front(storage: storage, documents: documents)
        let server = try await HTTPServer.start(host: configuration.host, port: configuration.port) {
            await front.respond(to: $0)
        }
        let router = EventRouter(
            store: store,
            outbox: outbox,
            policy: configuration.delivery,
            transport: transport,
            clock: clock,
            random: random,
            log: log
        )
        let cron = CronRunner(store: store, outbox: outbox, clock: clock, log: log)
        let address = LocalCloudAddress(host: configuration.host, port: server.port)
        let tasks = [Task { await router.run() }, Task { await cron.run() }]
        state = .running(
            Running(address: address, server: server, store: store, cron: cron, tasks: tasks, lock: lock)
        )
        return address
    }

    /// Stops accepting, lets running requests finish, breaks off deliveries (they are made again at the next start).
    public func stop() async {
        guard case .running(let running) = state else { return }
        state = .stopped
        await running.server.stop()
        for task in running.tasks { task.cancel() }
        for task in running.tasks { await task.value }
        running.store.close()
    }

    /// Replaces the subscriptions; events made from now on are matched against the new ones. Events that wait under
    /// a name that stays go to its new URL.
    ///
    /// - Throws: ``LocalCloudError`` (`invalidConfiguration`).
    public func setSubscriptions(_ subscriptions: [EventSubscription]) throws(LocalCloudError) {
        try LocalCloudConfiguration.check(subscriptions)
        outbox.subscriptions = subscriptions
    }

    /// Replaces the schedules.
    ///
    /// - Throws: ``LocalCloudError`` (`invalidConfiguration`).
    public func setSchedules(_ schedules: [CronSchedule]) throws(LocalCloudError) {
        try LocalCloudConfiguration.check(schedules)
        outbox.schedules = schedules
        if case .running(let running) = state { running.cron.signal.raise() }
    }

    /// How many events and calls are not delivered yet, those that are being sent included.
    ///
    /// - Throws: ``LocalCloudError`` (`wrongState`) where the cloud does not run.
    public func pendingDeliveries() async throws -> Int {
        try await running().store.read { try OutboxEntry.count($0) }
    }

    /// Events and calls that were given up, oldest first.
    ///
    /// - Throws: ``LocalCloudError`` (`wrongState`) where the cloud does not run.
    public func deadLetters(countMax: Int = 1000) async throws -> [DeadLetter] {
        try await running().store.read { try DeadLetter.all($0, countMax: countMax) }
    }

    private func running() throws(LocalCloudError) -> Running {
        guard case .running(let running) = state else { throw .init(.wrongState, "the cloud does not run") }
        return running
    }

    private static func hasBlobs(_ files: BlobFolder) throws(LocalCloudError) -> Bool {
        do throws(FileError) {
            return try !files.blobs.names().isEmpty
        } catch {
            throw LocalCloudError(.stateDirectoryUnusable, "\(error)")
        }
    }

    private static func open(
        _ directory: String,
        clock: any Clock,
        random: any RandomSource
    ) throws(LocalCloudError) -> (lock: OpenFile, files: BlobFolder) {
        let files: BlobFolder
        let lock: OpenFile?
        do throws(FileError) {
            files = try BlobFolder(stateDirectory: directory, clock: clock, random: random)
            lock = try OpenFile.lock(directory + "/lock")
        } catch {
            throw LocalCloudError(.stateDirectoryUnusable, "\(error)")
        }
        guard let lock else {
            throw LocalCloudError(.stateDirectoryInUse, "another process serves \(directory); stop it first")
        }
        return (lock, files)
    }
}

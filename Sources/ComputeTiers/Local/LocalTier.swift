import Glibc
public import SignalboxCore
public import Wire

/// This machine: a run is a session of its own that outlives the function which launched it.
///
/// Each run has a folder under the runs' folder, see ``RunFolder``. The handle is the run's name. A trainer that ended
/// with a status is `.ended` (75: `.preempted`), and so is one that was killed together with the shell that notes the
/// status: what kills it on a machine that goes on (an operator, a lack of memory) would as a rule kill it again. It is
/// `.lost` where the machine was restarted, or where its launch was cut off before the trainer started.
public struct LocalTier: ComputeTier {
    /// Seconds that a trainer may take to checkpoint once it was asked to end.
    public static let graceSeconds = 30
    /// Seconds for which the folder of a run that is over is kept for people to read.
    public static let keptSeconds = 7 * 86_400

    /// How long a claimed run may take to write its `process` file.
    static let claimSeconds = 30
    /// Looks for the `process` file after a launch, and the wait between two.
    static let launchLooksMax = 100
    static let launchLook = Duration.milliseconds(50)
    /// Runs that are listed at once; the next list goes on where those that are over were removed.
    static let runsMax = 10_000

    /// The tier's name.
    public let name = "local"

    let runsFolder: String
    let clock: any Clock
    /// ``LocalTier/graceSeconds``, shorter in tests.
    var graceSeconds = Self.graceSeconds
    private let trainer: String
    private let environment: [String: String]

    /// A tier that runs a trainer program.
    ///
    /// - Parameters:
    ///   - runsFolder: where the runs' folders are made.
    ///   - trainer: the path of the trainer's executable.
    ///   - environment: what the trainer inherits.
    public init(runsFolder: String, trainer: String, environment: [String: String], clock: any Clock) {
        self.runsFolder = runsFolder
        self.trainer = trainer
        // A trainer is no function: what tells a function where to listen would mislead it.
        self.environment = environment.filter { !["PORT", "K_SERVICE", "K_REVISION"].contains($0.key) }
        self.clock = clock
    }

    /// The tier that the environment describes; nil where `SIGNALBOX_LOCAL_RUNS` is not set.
    ///
    /// - Parameter variables: what trainers inherit.
    /// - Throws: `ConfigurationError`.
    public static func configured(
        _ environment: Environment,
        variables: [String: String],
        clock: any Clock
    ) throws(ConfigurationError) -> LocalTier? {
        guard let runsFolder = environment.text("SIGNALBOX_LOCAL_RUNS") else { return nil }
        let trainer = try environment.required("SIGNALBOX_TRAINER")
        return LocalTier(runsFolder: runsFolder, trainer: trainer, environment: variables, clock: clock)
    }

    /// Starts the trainer as a detached session; a run of that name for the same spec is left alone.
    ///
    /// - Throws: ``SignalboxCore/TierError``: `invalid_order` also where the run's folder was made for another spec.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        try check(order)
        guard let folder = RunFolder(run: order.name, under: runsFolder) else {
            throw TierError(.invalidOrder, "\(order.name) is no name of a run")
        }
        try folder.take(spec: order.spec)
        if try folder.isDecided { return order.name }
        try await start(order, in: folder)
        for _ in 0..<Self.launchLooksMax {
            if try folder.isDecided { return order.name }
            try? await clock.sleep(for: Self.launchLook)
        }
        throw TierError(.unreachable, "\(order.name) did not start within the time of a launch; see \(folder.log)")
    }

    /// The run's name where a process has claimed it; this machine is the only place.
    public func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        guard let folder = RunFolder(run: runName, under: runsFolder), folder.isClaimed else { return nil }
        return runName
    }

    /// How a run is, from its folder and the process table.
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        guard let folder = RunFolder(run: handle, under: runsFolder) else { return .gone }
        if let exit = try folder.exit { return exit.state(log: folder.log) }
        // Before the process: a run that was stopped and has no process after that never starts its trainer.
        let stop = try folder.stop
        guard let process = try folder.process else { return try withoutProcess(folder, stop) }
        if process.isSessionAlive { return .running }
        // It was written, if at all, before the shell ended.
        if let exit = try folder.exit { return exit.state(log: folder.log) }
        try Self.checkProcessTable()
        guard process.isOfThisBoot else { return .lost(detail: "the machine was restarted") }
        let detail = "the trainer's process vanished without an exit status: it was killed with its shell"
        return .ended(detail: RunLog.detail(detail, log: folder.log))
    }

    /// All runs that go on, and those over for so long that their folders can go: ``cancel(_:)`` removes them.
    public func runs() async throws(TierError) -> [TierRun] {
        var runs: [TierRun] = []
        for name in try names() {
            guard runs.count < Self.runsMax, let folder = RunFolder(run: name, under: runsFolder) else { continue }
            let isOld = isOld(folder)
            // One that cannot be told more of is still there, and hides no other.
            let state = (try? await inspect(name)) ?? .running
            if state.isAlive || isOld { runs.append(TierRun(name: name, handle: name, state: state)) }
        }
        return runs
    }

    /// Whether the run's folder has not changed for ``keptSeconds``, seconds.
    func isOld(_ folder: RunFolder) -> Bool {
        guard let changed = folder.changedAt else { return false }
        return clock.now() - changed >= .seconds(Self.keptSeconds)
    }

    /// Makes sure that processes can be seen at all: where not even this one is (no file can be opened any more, say),
    /// it is no evidence that others are not.
    static func checkProcessTable() throws(TierError) {
        guard ProcessIdentity(pid: getpid()) != nil else {
            throw TierError(.unreachable, "the table of processes, /proc, cannot be read")
        }
    }

    private func check(_ order: RunOrder) throws(TierError) {
        guard order.place == Place(tier: name) else {
            let message =
                "has no locations, machine types or spot machines: it is this machine; write the place \(name)"
            throw TierError(.invalidOrder, "\(order.place): the tier \(name) \(message)")
        }
        guard order.runSecondsMax > 0 else {
            throw TierError(.invalidOrder, "a run of \(order.runSecondsMax) s: its time limit must be 1 s or more")
        }
        guard access(trainer, X_OK) == 0 else {
            throw TierError(.invalidOrder, "SIGNALBOX_TRAINER names \(trainer), which cannot be executed")
        }
    }

    /// Starts the shell that starts the run, and waits for that shell's end, which comes at once.
    private func start(_ order: RunOrder, in folder: RunFolder) async throws(TierError) {
        let script = [
            "/bin/sh", "-c", RunScript.start, "signalbox-run", RunScript.run, RunScript.watch, folder.path,
            String(order.runSecondsMax), String(graceSeconds),
        ]
        do throws(FileIO.Failure) {
            let shell = try SpawnedProcess(script + [trainer, "--spec", order.spec.uri], environment: environment)
            _ = await shell.wait()
        } catch {
            throw TierError(.unreachable, error.description)
        }
    }

    private func withoutProcess(_ folder: RunFolder, _ stop: RunFolder.Stop?) throws(TierError) -> RunState {
        switch stop {
        case .cancelled: return RunExit.neverStarted.state(log: folder.log)
        case .interrupted: return Self.interrupted
        case nil: break
        }
        guard let claimed = folder.claimedAt else { return .gone }
        guard clock.now() - claimed >= .seconds(Self.claimSeconds) else { return .starting }
        // So that it holds from now on, should the shell only have been slow.
        try folder.mark(.interrupted)
        return try folder.process == nil ? Self.interrupted : .running
    }

    private static let interrupted = RunState.lost(detail: "its launch was cut off before the trainer started")

    private func names() throws(TierError) -> [String] {
        do throws(FileIO.Failure) {
            return try FileIO.names(in: runsFolder)
        } catch {
            // No run was ever launched.
            if access(runsFolder, F_OK) != 0, errno == ENOENT { return [] }
            throw TierError(.unreachable, error.description)
        }
    }
}

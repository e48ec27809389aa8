import SignalboxCore
import Wire

/// A fleet and all around it, in virtual time: stores, tiers, function instances of two regions, trainers, users.
///
/// One schedule is one loop over an event queue on one thread; each event lets one process run to its next call to the
/// outside. Everything follows from the schedule's seed. Only the thread that runs the schedule touches it.
final class FleetWorld: @unchecked Sendable {
    /// Microseconds since 1970 at which every schedule begins.
    static let start: Int64 = 1_780_000_000_000_000
    /// Events of one schedule; a fleet that is not quiet by then never will be.
    static let turnsMax = 400_000
    /// Lines of a trace.
    static let traceLinesMax = 200_000

    let schedule: FleetSchedule
    let executor: SimulationExecutor
    let policy: JobPolicy
    let setting: FleetSetting
    var random: SimulationRandom
    var latency: SimulationRandom
    var faults: FaultDice

    var now = FleetWorld.start
    private var queue = EventQueue()
    private(set) var turns = 0
    private var processCount = 0
    private(set) var processes: [Int: SimulatedProcess] = [:]

    private(set) lazy var documents = MemoryDocumentStore(clock: WorldClock(world: self))
    private(set) lazy var objects = MemoryObjectStore(clock: WorldClock(world: self))
    private(set) lazy var tiers = setting.tiers.map { SimulatedTier($0, world: self) }

    /// Events that were sent.
    var eventCount = 0
    /// Events that are on their way to a function.
    var deliveriesUnderWay = 0
    /// What users have yet to do.
    var errandsLeft = 0
    var jobs = JobBook()
    var runCount = 0
    /// By the names of objects.
    var leftovers: [String: Leftover] = [:]

    private(set) var violation: SimulationFailure.Violation?
    private let isTracing: Bool
    private(set) var trace: [String] = []

    init(_ schedule: FleetSchedule, executor: SimulationExecutor, isTracing: Bool = false) {
        self.schedule = schedule
        self.executor = executor
        self.isTracing = isTracing
        let root = SimulationRandom(seed: schedule.seed)
        random = root.fork(2)
        latency = root.fork(3)
        var settings = root.fork(4)
        policy = FleetSetting.policy(&settings)
        setting = FleetSetting(schedule, &settings)
        faults = FaultDice(schedule, root)
        if setting.isSkewed { faults.count(.clockSkew) }
    }

    static func timestamp(_ micros: Int64) -> Timestamp {
        Timestamp(seconds: micros / 1_000_000, nanoseconds: micros % 1_000_000 * 1000)
    }

    /// When faults stop.
    var clearAt: Int64 { Self.start + Int64(schedule.chaosSeconds) * 1_000_000 }

    var isClear: Bool { now >= clearAt }

    /// Whether a fault happens here and now.
    func hit(_ kind: FaultKind) -> Bool { !isClear && faults.hit(kind) }

    // MARK: - Events

    /// Runs the schedule to its end.
    func run() {
        begin()
        while violation == nil, let event = queue.pop() {
            turns += 1
            now = event.time
            event.action()
            if turns > Self.turnsMax { fail(.everyJobEnds, "the fleet is not quiet after \(turns) events") }
        }
        if violation == nil { checkEnd() }
        // Whatever still waits is told that it is dead, so that its task ends.
        for process in processes.values.sorted(by: { $0.number < $1.number }) {
            process.isDead = true
            process.abandoned = nil
            resume(process, process.waits)
        }
    }

    func at(_ time: Int64, _ action: @escaping () -> Void) { queue.push(at: max(time, now), action) }

    func after(seconds: Double, _ action: @escaping () -> Void) { at(now + Int64(seconds * 1_000_000), action) }

    func fail(_ invariant: Invariant, _ message: @autoclosure () -> String) {
        guard violation == nil else { return }
        violation = SimulationFailure.Violation(invariant: invariant, message: message())
        note(nil, "VIOLATION \(invariant.rawValue): \(violation?.message ?? "")")
    }

    func note(_ process: SimulatedProcess?, _ text: @autoclosure () -> String) {
        guard isTracing, trace.count < Self.traceLinesMax else { return }
        let micros = now - Self.start
        let millis = String(micros % 1_000_000 / 1000)
        let padded = String(repeating: "0", count: 3 - millis.count) + millis
        trace.append("\(micros / 1_000_000).\(padded) \(process?.name ?? "world"): \(text())")
    }

    // MARK: - Processes

    func makeProcess(_ role: SimulatedProcess.Role, _ name: String, skew: Int64) -> SimulatedProcess {
        processCount += 1
        let process = SimulatedProcess(
            self,
            number: processCount,
            role: role,
            name: "\(name)#\(processCount)",
            skew: skew
        )
        processes[process.number] = process
        return process
    }

    /// Starts a process and lets it run to its first wait.
    func spawn(_ process: SimulatedProcess, _ body: @escaping @Sendable (SimulatedProcess) async -> Void) {
        process.isRunning = true
        Task(executorPreference: executor) {
            await body(process)
            process.isRunning = false
            process.isFinished = true
            process.world.processes[process.number] = nil
        }
        drain(process)
    }

    private func drain(_ process: SimulatedProcess) {
        while process.isRunning || executor.hasJobs { executor.runNext() }
    }

    /// Waits until so many microseconds have passed.
    func wait(_ process: SimulatedProcess, _ micros: Int64) async {
        process.waits += 1
        let number = process.waits
        queue.push(at: now + max(micros, 1)) { [unowned self] in resume(process, number) }
        await withUnsafeContinuation { continuation in
            process.continuation = continuation
            process.isRunning = false
        }
    }

    func resume(_ process: SimulatedProcess, _ wait: Int) {
        guard wait == process.waits, let continuation = process.continuation else { return }
        process.continuation = nil
        process.isRunning = true
        continuation.resume()
        drain(process)
    }

    /// A call to the outside begins: others may go first, and the process may not live to see its effect.
    ///
    /// - Parameter stalls: how many times as often as at any other call a function stands still here.
    func enter(_ process: SimulatedProcess, stalls: Int = 1) async -> Bool {
        guard !process.isDead else { return false }
        var micros = Int64(latency.within(5...150)) * 1000
        if latency.chance(0.02) { micros += Int64(latency.within(1...5)) * 1_000_000 }
        switch process.role {
        case .trainer:
            if process.isStranded {
                process.isStranded = false
                micros += Int64(latency.pick([40, 100, 200, 400, 1000])) * 1_000_000
            }
            if hit(.zombie) { micros += Int64(latency.pick([40, 70, 200, 1000, 4000, 15_000])) * 1_000_000 }
        case .function, .sweep, .prune, .intake:
            for _ in 0..<stalls where hit(.functionPaused) {
                micros += Int64(latency.pick([30, 70, 130, 400, 900])) * 1_000_000
                process.abandoned?()
                break
            }
        case .user: break
        }
        await wait(process, micros)
        return !process.isDead && !dies(process, .crashBefore)
    }

    /// Whether a process dies here.
    func dies(_ process: SimulatedProcess, _ kind: FaultKind) -> Bool {
        guard process.role != .user, hit(kind) else { return false }
        note(process, kind.rawValue)
        kill(process)
        return true
    }

    /// Ends a process wherever it is.
    func kill(_ process: SimulatedProcess) {
        guard !process.isDead, !process.isFinished else { return }
        process.isDead = true
        process.abandoned?()
        process.abandoned = nil
        wake(process)
    }

    /// Lets a process go on whose wait is not over.
    func wake(_ process: SimulatedProcess) {
        guard process.continuation != nil else { return }
        let number = process.waits
        at(now) { [unowned self] in resume(process, number) }
    }

    /// What a store answers besides the truth.
    func storeFault(_ access: StoreAccess) -> FaultDice.StoreFault? {
        guard !isClear else { return nil }
        return faults.storeFault(access)
    }
}

/// The true time.
private struct WorldClock: Clock {
    unowned let world: FleetWorld

    func now() -> Timestamp { FleetWorld.timestamp(world.now) }

    func sleep(for duration: Duration) async throws {}
}

import CloudEvents
import SignalboxCore
import Wire

/// A process of the fleet: a function's instance, a trainer, somebody at a terminal. It goes on only when the world
/// says so, and every call that it makes to the outside is a place where others may go first or where it may die.
///
/// Only the thread that runs the schedule touches it.
final class SimulatedProcess: @unchecked Sendable {
    enum Role: String {
        case function
        case sweep
        case prune
        case intake
        case trainer
        case user
    }

    unowned let world: FleetWorld
    let number: Int
    let role: Role
    let name: String
    /// By how much its machine's clock is ahead, in microseconds.
    let skew: Int64

    var isDead = false
    var isFinished = false
    /// Whether it runs now; otherwise it waits for the world.
    var isRunning = false
    /// Whether what it waits for is time, so that a signal may wake it.
    var isSleeping = false
    var continuation: UnsafeContinuation<Void, Never>?
    var waits = 0

    /// What it has said last to the lifecycle.
    private(set) var input: JobInput.Kind?
    /// Whether it has cancelled a run since its last word to the lifecycle.
    var hasCancelled = false
    /// What a tier told it last of a run to be given back: of which job, when, and after how many changes of its
    /// document.
    var answer: (jobID: String, at: Int64, writeCount: Int)?
    /// What a tier answered last in this look when it was asked how a run is: the run's name and handle, and its state,
    /// or why there was none.
    var told: (runName: String, handle: String?, answer: Result<RunState, TierError>)?
    /// When it last read a document.
    var readAt: Int64 = 0
    /// When it last made sure that there is no run of a name: by claiming the attempt, or by asking.
    var looked: [String: Int64] = [:]

    /// The run that a trainer is; its tier keeps it as long as the world lasts.
    unowned var run: SimulatedRun?
    /// When a trainer began its last report.
    var spokeAt: Int64?
    /// Whether a trainer was told by a signal to stop.
    var isTerminated = false
    /// Whether a trainer's machine is out of reach: its next call takes long.
    var isStranded = false
    /// A trainer's job as it last read or wrote it.
    var lastSeen: JobFacts?
    /// Whether a trainer is about to say that it is done, and trains no more.
    var isSteppingDown = false
    /// Whether the job's document has asked a trainer to stop.
    var isAskedToStop = false
    /// The step at which a trainer stopped; nil before that, and where nobody could say whether it may keep it.
    var lastStep: Int?
    /// Until when a trainer may write without another word, by its own clock; nil before its first acknowledged report.
    var leaseEndsAt: Timestamp?
    /// The generation of the metrics as a trainer knows them.
    var metricsGeneration: Int64?
    /// What the outside does when it hears no more of this process.
    var abandoned: (() -> Void)?

    init(_ world: FleetWorld, number: Int, role: Role, name: String, skew: Int64) {
        self.world = world
        self.number = number
        self.role = role
        self.name = name
        self.skew = skew
    }

    var clock: SimulatedClock { SimulatedClock(process: self) }
    var documents: SimulatedDocuments { SimulatedDocuments(process: self) }
    var objects: SimulatedObjects { SimulatedObjects(process: self) }
    var ledger: JobLedger {
        JobLedger(documents: documents, policy: world.policy) { [self] input in
            self.input = input
            hasCancelled = false
        }
    }

    /// The log of a function: part of the trace.
    var log: EventLog { EventLog(clock: clock) { [self] line in if !isDead { world.note(self, line) } } }

    /// One call to a store: others may go first, it may fail, and the process may die before or after it.
    func call<Output: Sendable>(
        _ label: @autoclosure () -> String,
        _ access: StoreAccess,
        _ effect: () async throws(StoreError) -> Output
    ) async throws(StoreError) -> Output {
        guard await world.enter(self) else { throw Self.dead }
        let fault = world.storeFault(access)
        if case .before(let error) = fault {
            world.note(self, "\(label()): \(error.code.rawValue)")
            throw error
        }
        let output: Output
        do {
            output = try await effect()
        } catch {
            world.note(self, "\(label()): \(error.code.rawValue)")
            throw error
        }
        world.note(self, label())
        if world.dies(self, .crashAfter) { throw Self.dead }
        if case .after(let error) = fault {
            world.note(self, "answer lost: \(error.code.rawValue)")
            throw error
        }
        return output
    }

    static let dead = StoreError(.unavailable, "the process is dead")
}

/// The clock of a process's machine.
struct SimulatedClock: Clock {
    let process: SimulatedProcess

    func now() -> Timestamp { FleetWorld.timestamp(process.world.now + process.skew) }

    func sleep(for duration: Duration) async throws {
        guard !process.isDead else { throw CancellationError() }
        let (seconds, attoseconds) = duration.components
        process.isSleeping = true
        await process.world.wait(process, seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        process.isSleeping = false
        guard !process.isDead else { throw CancellationError() }
    }
}

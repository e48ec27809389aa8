import SignalboxCore
import Wire

/// A run as the world knows it, whatever the tier says of it.
final class SimulatedRun {
    let order: RunOrder
    let handle: String
    let tier: FleetSetting.Tier
    let createdAt: Int64
    var state = RunState.starting
    /// Whether it still holds something.
    var isHolding = true
    /// Whether the tier has forgotten it.
    var isForgotten = false
    var endedAt: Int64?
    var cancelledAt: Int64?
    /// Whether its machine takes its time to go, whatever its trainer does.
    var isStubborn = false
    var trainer: SimulatedProcess?
    /// Whether its trainer minds no limit and no request.
    var isDeaf = false
    /// When its job gave it up, or was over.
    var unwantedAt: Int64?
    /// When its first trainer started.
    var startedAt: Int64?
    /// When its trainer began the last report that was written.
    var heardAt: Int64?
    /// When its trainer's first report was written.
    var heardFirstAt: Int64?
    /// Whether the trainer of another run took its attempt, which it was silent on for a lease.
    var isDisplaced = false

    init(number: Int, order: RunOrder, tier: FleetSetting.Tier, createdAt: Int64) {
        self.order = order
        self.tier = tier
        self.createdAt = createdAt
        handle = "\(tier.name)/\(order.name)/\(number)"
    }

    /// Whether a machine is there.
    var isUp: Bool { state.isAlive }
}

/// A tier: runs that wait, start, end, are taken back, get lost.
final class SimulatedTier {
    let setting: FleetSetting.Tier
    unowned let world: FleetWorld
    private(set) var runs: [SimulatedRun] = []

    /// How long a run may be over its limit before the provider ends it.
    static let limitSlackSeconds = 120
    /// What a machine may take from its start to its trainer's: its driver, its image.
    private static let startSeconds = [0, 0, 0, 0, 0, 20, 200, 1200]
    /// How long a machine may take to go.
    static let stubbornSecondsMax = 1500

    init(_ setting: FleetSetting.Tier, world: FleetWorld) {
        self.setting = setting
        self.world = world
    }

    var name: String { setting.name }

    /// Whether one of its bad times is now.
    func isHit(_ kind: FaultKind) -> Bool {
        setting.windows.contains { $0.kind == kind && $0.from <= world.now && world.now < $0.to }
    }

    /// The runs that the tier knows of.
    var known: [SimulatedRun] { runs.filter { !$0.isForgotten && ($0.isHolding || setting.remembersRuns) } }

    func run(_ handle: String) -> SimulatedRun? { known.first { $0.handle == handle } }

    func create(_ order: RunOrder, by process: SimulatedProcess) -> SimulatedRun {
        world.runCount += 1
        let run = SimulatedRun(number: world.runCount, order: order, tier: setting, createdAt: world.now)
        world.willLaunch(run, on: self, by: process)
        runs.append(run)
        var delay = Double(world.random.within(1...40))
        if world.hit(.queued) { delay += Double(world.faults.random(.queued, 60...4000)) }
        let isRefused = world.hit(.refusedAfterwards)
        world.after(seconds: delay) { [unowned self] in
            guard run.state == .starting else { return }
            if isRefused { return end(run, .refused(TierError(.capacity, "no machine was found"))) }
            start(run)
        }
        return run
    }

    private func start(_ run: SimulatedRun) {
        run.state = .running
        let startSeconds = world.random.pick(Self.startSeconds)
        let limit = startSeconds + run.order.runSecondsMax + Self.limitSlackSeconds
        world.after(seconds: Double(min(limit, run.order.paidSecondsMax ?? limit))) { [unowned self] in
            end(run, .ended(detail: "the time limit is reached"))
        }
        for kind in [FaultKind.preemptedWithNotice, .preemptedSilently, .machineLost, .runForgotten, .requeued] {
            let isSpots = kind == .preemptedWithNotice || kind == .preemptedSilently
            let isOpen = run.order.place.provisioning == .spot || !isSpots
            guard isOpen, world.hit(kind) else { continue }
            world.after(seconds: Double(world.faults.random(kind, 1...240))) { [unowned self] in
                befall(run, kind)
            }
        }
        world.after(seconds: Double(startSeconds)) { [unowned self] in
            if run.isUp, run.cancelledAt == nil { world.startTrainer(run) }
        }
    }

    private func befall(_ run: SimulatedRun, _ kind: FaultKind) {
        guard run.isUp, !world.isClear else { return }
        world.note(run.trainer, "\(kind.rawValue): \(run.handle)")
        switch kind {
        case .preemptedWithNotice:
            terminate(run)
            world.after(seconds: 30) { [unowned self] in end(run, .preempted) }
        case .preemptedSilently: end(run, .preempted)
        case .machineLost: end(run, .lost(detail: "the host failed"))
        case .requeued: requeue(run)
        default:
            run.isForgotten = true
            if world.random.chance(0.5) { end(run, .gone) }
        }
    }

    /// Nobody reaches the machine, and the run is started anew on another one; the old process knows nothing of it.
    private func requeue(_ run: SimulatedRun) {
        guard let old = run.trainer else { return }
        old.abandoned = nil
        old.isStranded = true
        run.trainer = nil
        world.after(seconds: Double(world.faults.random(.requeued, 20...120))) { [unowned self] in
            if run.isUp, !run.isStubborn, run.cancelledAt == nil { world.startTrainer(run) }
        }
    }

    private func terminate(_ run: SimulatedRun) {
        guard let trainer = run.trainer, !trainer.isTerminated else { return }
        trainer.isTerminated = true
        if trainer.isSleeping { world.wake(trainer) }
    }

    func cancel(_ run: SimulatedRun) {
        guard run.isHolding else { return }
        if world.hit(.cancelLost) { return }
        guard run.isUp else { return release(run) }
        guard run.cancelledAt == nil else { return }
        run.cancelledAt = world.now
        guard !run.isStubborn else { return }
        guard run.state == .running else { return end(run, .ended(detail: "cancelled")) }
        terminate(run)
        let isSlow = world.hit(.cancelSlow)
        run.isStubborn = isSlow && world.faults.random(.cancelSlow, 0...2) == 0
        let range = run.isStubborn ? 60...Self.stubbornSecondsMax : isSlow ? 60...110 : 15...30
        let grace = isSlow ? world.faults.random(.cancelSlow, range) : world.random.within(range)
        world.after(seconds: Double(grace)) { [unowned self] in end(run, .ended(detail: "killed")) }
    }

    /// The trainer ended by itself.
    func trainerEnded(_ run: SimulatedRun, status: Int) {
        guard !run.isStubborn else { return }
        let state = RunState(trainerExit: status, detail: "exit status \(status)")
        guard run.isUp, world.hit(.cancelSlow) else { return end(run, state) }
        run.isStubborn = true
        let seconds = world.faults.random(.cancelSlow, 60...Self.stubbornSecondsMax)
        world.after(seconds: Double(seconds)) { [unowned self] in end(run, state) }
    }

    func end(_ run: SimulatedRun, _ state: RunState) {
        guard run.isUp else { return }
        run.state = state
        run.endedAt = world.now
        if let trainer = run.trainer {
            trainer.abandoned = nil
            world.kill(trainer)
        }
        world.note(run.trainer, "run \(run.handle) is over: \(state)")
        if run.cancelledAt != nil || setting.releasesItself || run.isForgotten { release(run) }
    }

    private func release(_ run: SimulatedRun) {
        guard run.isHolding else { return }
        run.isHolding = false
        world.didRelease(run)
    }
}

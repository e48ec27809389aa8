import CloudEvents
import Handlers
import SignalboxCore
import Wire

/// The functions and what calls them.
extension FleetWorld {
    /// How often a call of the crons comes again.
    private static let callRetriesMax = 3

    static func controller(_ process: SimulatedProcess, _ dispatch: Dispatch) -> JobController {
        JobController(
            ledger: process.ledger,
            objects: process.objects,
            layout: FleetSetting.layout,
            dispatch: dispatch,
            random: LookRandom(process: process)
        )
    }

    static func dispatch(_ process: SimulatedProcess) -> Dispatch {
        let world = process.world
        let known = world.tiers.filter { tier in
            guard tier.isHit(.tierUnconfigured) else { return true }
            world.faults.count(.tierUnconfigured)
            return false
        }
        let names = known.map(\.name)
        // A function whose ladder names a tier that is not configured does not start.
        let rungs = world.setting.ladder.rungs.filter { names.contains($0.place.tier) }
        let tiers = known.map { SimulatedTierClient(tier: SimulatedTierReference(tier: $0), process: process) }
        return Dispatch(tiers: tiers, ladder: rungs.isEmpty ? nil : Ladder(rungs))
    }

    // MARK: - Crons

    /// The sweep's cron ticks until the fleet is at rest.
    func tickSweep() {
        if isClear {
            if isAtRest { return }
            guard now - clearAt < Self.restSecondsMax * 1_000_000 else {
                return fail(.everyJobEnds, "\(Self.restSecondsMax) s after faults stopped: \(restless)")
            }
        }
        // While all that is left is a late delivery or a process that stands still, sweeps would only pass the time.
        if !unsettled.isEmpty { tick("sweep", .sweep) }
        after(seconds: Double(setting.sweepSeconds)) { [unowned self] in tickSweep() }
    }

    /// A cron's time has come: it calls once as a rule.
    private func tick(_ task: String, _ role: SimulatedProcess.Role) {
        guard !hit(.deliveryDropped) else { return note(nil, "the call of \(task) is lost") }
        call(task, role)
        if hit(.deliveryDuplicated) { call(task, role) }
    }

    /// Calls the function of the crons, and again where it asks for it.
    private func call(_ task: String, _ role: SimulatedProcess.Role, tries: Int = 0) {
        let process = makeProcess(role, task, skew: setting.regionSkews[latency.within(0...1)])
        spawn(process) { process in
            let handler = PruneHandler(
                pruner: Self.pruner(process),
                sweeper: Self.sweeper(process, Self.dispatch(process)),
                expired: ExpiredDocuments(documents: process.documents, clock: process.clock)
            )
            let answer = await Self.answer(FleetEvent.scheduled(task), by: handler, as: process)
            guard case .tryAgain(_, let seconds) = answer, !process.isDead, tries < Self.callRetriesMax else { return }
            let world = process.world
            world.after(seconds: Double(seconds)) { [unowned world] in world.call(task, role, tries: tries + 1) }
        }
    }

    private static func sweeper(_ process: SimulatedProcess, _ dispatch: Dispatch) -> Sweeper {
        Sweeper(
            objects: process.objects,
            layout: FleetSetting.layout,
            documents: process.documents,
            controller: controller(process, dispatch),
            dispatch: dispatch,
            clock: process.clock
        )
    }

    /// The prune's cron ticks until the fleet is at rest, and once more then.
    func tickPrune() {
        let isLast = isClear && isAtRest
        if schedule.prunes { tick("prune", .prune) }
        if schedule.usesIntake { tick("announce", .prune) }
        guard !isLast else { return }
        after(seconds: Double(setting.pruneSeconds)) { [unowned self] in tickPrune() }
    }

    private static func pruner(_ process: SimulatedProcess) -> Pruner {
        Pruner(
            objects: process.objects,
            documents: process.documents,
            layout: FleetSetting.layout,
            policy: RetentionPolicy(stagingDays: 0, checkpointsKept: 1, logDays: 0, rejectionDays: 0),
            clock: process.clock
        )
    }
}

/// The random numbers of a controller: drawn once at the begin of each look, which is how a look is told from the next.
private struct LookRandom: RandomSource {
    let process: SimulatedProcess

    func bytes(_ count: Int) -> [UInt8] {
        process.looked = [:]
        process.answer = nil
        process.told = nil
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: process.world.latency.next()) }
    }
}

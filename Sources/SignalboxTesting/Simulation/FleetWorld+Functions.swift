import SignalboxCore
import Wire

/// The functions and what calls them.
extension FleetWorld {
    /// Tries of one delivery before the platform gives it up.
    static let deliveryTriesMax = 60

    // MARK: - Job events

    /// A job's document was written: an event is on its way to one region or the other.
    func emit(_ jobID: String) {
        guard !hit(.deliveryDropped) else { return note(nil, "the event of \(jobID) is lost") }
        deliver(jobID, after: deliverySeconds(), tries: 0)
        if hit(.deliveryDuplicated) { deliver(jobID, after: deliverySeconds(), tries: 0) }
    }

    /// How long an event is on its way.
    func deliverySeconds() -> Double {
        var seconds = Double(latency.within(50...900)) / 1000
        if hit(.deliveryReordered) { seconds += Double(faults.random(.deliveryReordered, 1...300)) }
        if hit(.deliveryDelayed) { seconds += Double(faults.random(.deliveryDelayed, 600...21_600)) }
        return seconds
    }

    private func deliver(_ jobID: String, after seconds: Double, tries: Int) {
        guard tries < Self.deliveryTriesMax else { return }
        deliveriesUnderWay += 1
        after(seconds: seconds) { [unowned self] in
            deliveriesUnderWay -= 1
            attend(jobID, tries: tries)
        }
    }

    /// An instance takes the event; one that dies is noticed, and the event comes again.
    private func attend(_ jobID: String, tries: Int) {
        let region = latency.within(0...1)
        let process = makeProcess(.function, "function-\(region)", skew: setting.regionSkews[region])
        let backoff = min(600, Double(10 << min(tries, 6)))
        process.abandoned = { [unowned self] in
            deliver(jobID, after: backoff, tries: tries + 1)
        }
        spawn(process) { process in
            let seconds = await Self.attend(jobID, as: process)
            guard !process.isDead, let seconds else { return }
            process.world.deliver(jobID, after: max(backoff, seconds), tries: tries + 1)
        }
    }

    /// - Returns: after how many seconds the event is to come again, if it is.
    private static func attend(_ jobID: String, as process: SimulatedProcess) async -> Double? {
        do {
            let stop = process.world.overdueStop(of: jobID)
            let outcome = try await controller(process).attend(jobID)
            if !process.isDead {
                process.world.didLook(process)
                process.world.checkEnded(jobID, stop)
            }
            process.world.note(process, "decided \(outcome.decisions.map(\.rawValue)) \(outcome.problem ?? "")")
            return outcome.tryAgainSeconds.map { Double($0) }
        } catch {
            process.world.note(process, "gave up: \(error)")
            return error.tryAgainSeconds.map { Double($0) }
        }
    }

    private static func controller(_ process: SimulatedProcess) -> JobController {
        JobController(
            ledger: process.ledger,
            objects: process.objects,
            layout: FleetSetting.layout,
            dispatch: dispatch(process),
            random: LookRandom(process: process)
        )
    }

    private static func dispatch(_ process: SimulatedProcess) -> Dispatch {
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
        if !unsettled.isEmpty { sweep(tries: 0) }
        after(seconds: Double(setting.sweepSeconds)) { [unowned self] in tickSweep() }
    }

    private func sweep(tries: Int) {
        let process = makeProcess(.sweep, "sweep", skew: setting.regionSkews[0])
        spawn(process) { process in
            let world = process.world
            let code: StoreError.Code?
            do throws(StoreError) { code = try await Self.sweeper(process).sweep().transientCode } catch {
                code = error.code
            }
            guard let code else { return }
            world.note(process, "gave up: \(code.rawValue)")
            guard !process.isDead, tries < 3 else { return }
            world.after(seconds: 10) { [unowned world] in world.sweep(tries: tries + 1) }
        }
    }

    private static func sweeper(_ process: SimulatedProcess) -> Sweeper {
        Sweeper(
            objects: process.objects,
            layout: FleetSetting.layout,
            documents: process.documents,
            controller: controller(process),
            dispatch: dispatch(process),
            clock: process.clock
        )
    }

    /// The prune's cron ticks until the fleet is at rest, and once more then.
    func tickPrune() {
        let isLast = isClear && isAtRest
        let process = makeProcess(.prune, "prune", skew: setting.regionSkews[1])
        spawn(process) { process in
            do {
                if process.world.schedule.prunes {
                    let pruner = Self.pruner(process)
                    _ = try await pruner.carryOut(try await pruner.plan())
                }
                if process.world.schedule.usesIntake { _ = try await Self.sweeper(process).announce() }
            } catch {
                process.world.note(process, "gave up: \(error)")
            }
        }
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

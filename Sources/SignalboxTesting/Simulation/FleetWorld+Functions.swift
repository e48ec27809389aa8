import CloudEvents
import Handlers
import SignalboxCore
import Wire

/// The functions and what calls them.
extension FleetWorld {
    /// Tries of one delivery before the platform gives it up.
    static let deliveryTriesMax = 60
    /// How often a call of the crons comes again.
    private static let callRetriesMax = 3

    // MARK: - Answers

    /// Hands a request to a function's handler, as its server does.
    static func answer(
        _ request: FunctionRequest,
        by handler: some EventHandler,
        as process: SimulatedProcess
    ) async -> EventAnswer {
        let answer: EventAnswer
        do {
            answer = await handler.handle(try IncomingEvent(request), log: process.log)
        } catch {
            answer = .unreadable(error)
        }
        guard !process.isDead else { return answer }
        process.world.note(process, "\(answer.decision) \(answer.code ?? "") \(answer.detail.serialized())")
        process.world.checkUnderstood(answer, process)
        return answer
    }

    /// Nothing that the platform sends is strange to whom it is sent to.
    private func checkUnderstood(_ answer: EventAnswer, _ process: SimulatedProcess) {
        switch answer {
        case .unreadable(let code, let message): fail(.eventUnderstood, "\(process.name): \(code): \(message)")
        case .done(let detail):
            guard let code = detail["code"]?.stringValue, Self.strangeCodes.contains(code) else { return }
            fail(.eventUnderstood, "\(process.name): \(code)")
        case .refused, .tryAgain: break
        }
    }

    /// What a function answers to what is not meant for it.
    private static let strangeCodes = ["event_ignored", "not_a_package", "bucket_not_allowed", "no_such_job"]

    // MARK: - Job events

    /// A job's document was written: an event is on its way to one region or the other.
    func emit(_ document: Document) {
        guard !hit(.deliveryDropped) else { return note(nil, "the event of \(document.id) is lost") }
        eventCount += 1
        let delivery = JobDelivery(jobID: document.id, request: FleetEvent.written(document, number: eventCount))
        deliver(delivery, after: deliverySeconds())
        if hit(.deliveryDuplicated) { deliver(delivery, after: deliverySeconds()) }
    }

    /// How long an event is on its way.
    func deliverySeconds() -> Double {
        var seconds = Double(latency.within(50...900)) / 1000
        if hit(.deliveryReordered) { seconds += Double(faults.random(.deliveryReordered, 1...300)) }
        if hit(.deliveryDelayed) { seconds += Double(faults.random(.deliveryDelayed, 600...21_600)) }
        return seconds
    }

    private func deliver(_ delivery: JobDelivery, after seconds: Double) {
        guard delivery.tries < Self.deliveryTriesMax else { return }
        deliveriesUnderWay += 1
        after(seconds: seconds) { [unowned self] in
            deliveriesUnderWay -= 1
            attend(delivery)
        }
    }

    /// An instance takes the event; one that dies is noticed, and the event comes again.
    private func attend(_ delivery: JobDelivery) {
        let region = latency.within(0...1)
        let process = makeProcess(.function, "function-\(region)", skew: setting.regionSkews[region])
        let backoff = Self.backoffSeconds(delivery.tries)
        process.abandoned = { [unowned self] in deliver(delivery.again, after: backoff) }
        spawn(process) { process in
            let world = process.world
            let stop = world.overdueStop(of: delivery.jobID)
            let answer = await Self.answer(
                delivery.request,
                by: JobHandler(controller: Self.controller(process, Self.dispatch(process))),
                as: process
            )
            guard !process.isDead else { return }
            if case .refused(let code, _) = answer { world.fail(.eventUnderstood, "\(delivery.jobID): \(code)") }
            if Self.isLookOver(answer) {
                world.didLook(process)
                world.checkEnded(delivery.jobID, stop)
            }
            guard case .tryAgain(_, let seconds) = answer else { return }
            world.deliver(delivery.again, after: max(backoff, Double(seconds)))
        }
    }

    /// Whether a look at a job came to its end: the answer names what was decided, and not what went wrong.
    private static func isLookOver(_ answer: EventAnswer) -> Bool {
        switch answer {
        case .done(let detail): detail["decisions"] != nil
        case .tryAgain(let code, _): JobDecision(rawValue: code) != nil
        case .refused, .unreadable: false
        }
    }

    /// How long the platform waits before it sends an event again.
    static func backoffSeconds(_ tries: Int) -> Double { min(600, Double(10 << min(tries, 6))) }

    private static func controller(_ process: SimulatedProcess, _ dispatch: Dispatch) -> JobController {
        JobController(
            ledger: process.ledger,
            objects: process.objects,
            layout: FleetSetting.layout,
            dispatch: dispatch,
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
        if !unsettled.isEmpty { call("sweep", .sweep) }
        after(seconds: Double(setting.sweepSeconds)) { [unowned self] in tickSweep() }
    }

    /// Calls the function of the crons, and again where it asks for it.
    private func call(_ task: String, _ role: SimulatedProcess.Role, tries: Int = 0) {
        let process = makeProcess(role, task, skew: setting.regionSkews[role == .sweep ? 0 : 1])
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
        if schedule.prunes { call("prune", .prune) }
        if schedule.usesIntake { call("announce", .prune) }
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

/// An event of a job on its way.
private struct JobDelivery {
    let jobID: String
    let request: FunctionRequest
    var tries = 0

    /// The same event, sent once more.
    var again: JobDelivery {
        var delivery = self
        delivery.tries += 1
        return delivery
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

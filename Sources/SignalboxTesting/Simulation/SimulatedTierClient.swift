import SignalboxCore
import Wire

/// A tier as one process sees it.
struct SimulatedTierClient: ComputeTier {
    let tier: SimulatedTierReference
    let process: SimulatedProcess

    /// How many times as often as at another call a function stands still as it launches.
    private static let launchStalls = 6

    private var world: FleetWorld { process.world }

    var name: String { tier.tier.name }

    func launch(_ order: RunOrder) async throws(TierError) -> String {
        // Who stands still after its look, and then launches, makes a second run of an attempt that is another's now.
        let label = "launch \(order.name) at \(order.place)"
        return try await call(label, stalls: Self.launchStalls) { tier throws(TierError) in
            try refuse(order)
            if tier.setting.isIdempotent, let run = tier.known.first(where: { $0.order.name == order.name }) {
                return run.handle
            }
            return tier.create(order, by: process).handle
        }
    }

    private func refuse(_ order: RunOrder) throws(TierError) {
        for (kind, code) in [(FaultKind.stockout, TierError.Code.capacity), (.quota, .quota)]
        where tier.tier.isHit(kind) {
            world.faults.count(kind)
            throw TierError(code, kind.rawValue)
        }
        guard world.hit(.orderInvalid) else { return }
        throw TierError(.invalidOrder, "no such machine")
    }

    func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        let handle = try await asked(about: runName) { () async throws(TierError) in
            try await call("find \(runName)") { tier throws(TierError) in
                process.looked[runName] = world.now
                let runs = tier.known.filter { $0.order.name == runName }
                return (runs.first(where: \.isUp) ?? runs.first)?.handle
            }
        }
        process.told = handle == nil ? (runName, nil, .success(.gone)) : nil
        return handle
    }

    func inspect(_ handle: String) async throws(TierError) -> RunState {
        let isReleasing = process.hasCancelled
        let runName = handle.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        let state = try await asked(about: runName) { () async throws(TierError) in
            try await call("inspect \(handle)") { tier throws(TierError) in tier.run(handle)?.state ?? .gone }
        }
        process.told = (runName, handle, .success(state))
        // What it tells of an earlier attempt's run, to one that stood still, is no word about the last one's.
        if isReleasing, let (jobID, attempt) = RunOrder.parse(runName), let track = world.jobs[jobID],
            track.facts.attempt == Int64(attempt)
        {
            process.answer = (jobID, world.now, track.writeCount)
        }
        return state
    }

    /// Notes since when questions about a run have failed.
    private func asked<Output: Sendable>(
        about runName: String,
        _ question: () async throws(TierError) -> Output
    ) async throws(TierError) -> Output {
        let track = RunOrder.parse(runName).flatMap { world.jobs[$0.jobID] }
        do throws(TierError) {
            return try await question()
        } catch {
            if let track, track.tierSilentSince == nil { track.tierSilentSince = world.now }
            process.told = (runName, nil, .failure(error))
            throw error
        }
    }

    func cancel(_ handle: String) async throws(TierError) {
        try await call("cancel \(handle)") { tier throws(TierError) in
            guard let run = tier.run(handle) else { return }
            world.willCancel(run, by: process)
            tier.cancel(run)
        }
        process.hasCancelled = true
    }

    func runs() async throws(TierError) -> [TierRun] {
        try await call("runs of \(name)") { tier throws(TierError) in
            tier.known.filter(\.isHolding).map {
                TierRun(name: $0.order.name, handle: $0.handle, state: $0.state)
            }
        }
    }

    func price(of place: Place, in table: PriceTable) -> Double? { tier.tier.setting.price(of: place) }

    private func call<Output: Sendable>(
        _ label: @autoclosure () -> String,
        stalls: Int = 1,
        _ effect: (SimulatedTier) throws(TierError) -> Output
    ) async throws(TierError) -> Output {
        guard await world.enter(process, stalls: stalls) else { throw TierError(.unreachable, "the process is dead") }
        if tier.tier.isHit(.tierUnreachable) || world.hit(.tierUnreachable) {
            if tier.tier.isHit(.tierUnreachable) { world.faults.count(.tierUnreachable) }
            world.note(process, "\(label()): unreachable")
            throw TierError(.unreachable, "no answer")
        }
        if tier.tier.isHit(.permissionDenied) {
            world.faults.count(.permissionDenied)
            world.note(process, "\(label()): permission denied")
            throw TierError(.permissionDenied, "403")
        }
        let output: Output
        do { output = try effect(tier.tier) } catch {
            world.note(process, "\(label()): \(error)")
            throw error
        }
        world.note(process, "\(label()): \(output)")
        if world.dies(process, .crashAfter) { throw TierError(.unreachable, "the process is dead") }
        if world.hit(.tierAnswerLost) {
            world.note(process, "answer lost")
            throw TierError(.unreachable, "the answer was lost")
        }
        return output
    }
}

/// A tier that may be handed to tasks: only the thread that runs the schedule touches it.
struct SimulatedTierReference: @unchecked Sendable {
    let tier: SimulatedTier
}

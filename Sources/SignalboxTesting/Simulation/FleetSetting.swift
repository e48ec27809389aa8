import SignalboxCore
import Wire

/// What stands around the jobs of a schedule: regions, tiers, ladder, times.
struct FleetSetting {
    struct Tier {
        let name: String
        /// Whether a launch answers with the run of that name where there is one; otherwise only `find` does.
        let isIdempotent: Bool
        /// Whether it still knows runs that hold nothing any more.
        let remembersRuns: Bool
        /// Whether a run that is over gives back what it held.
        let releasesItself: Bool
        /// USD an hour by whether the machine may be taken back; nil where the table does not say.
        let spotUSD: Double?
        let onDemandUSD: Double?
        /// When it cannot be reached, has no capacity and so on.
        let windows: [Window]

        func price(of place: Place) -> Double? { place.provisioning == .spot ? spotUSD : onDemandUSD }
    }

    /// From when to when a tier does not do what it should.
    struct Window {
        let kind: FaultKind
        let from: Int64
        let to: Int64
    }

    let tiers: [Tier]
    let ladder: Ladder
    /// By how much the regions' clocks are ahead, in microseconds.
    let regionSkews: [Int64]
    let sweepSeconds: Int
    let pruneSeconds: Int
    let isSkewed: Bool

    static let environmentID = "lab"
    static let layout = BucketLayout(stagingBucket: "staging", trainingBucket: "training")
    /// From one report of a trainer to the next.
    static let heartbeatSeconds = 15
    /// The clocks of functions and machines differ from the true time by this at most.
    static let skewSecondsMax = 30

    init(_ schedule: FleetSchedule, _ random: inout SimulationRandom) {
        isSkewed = schedule.faults.contains(.clockSkew)
        sweepSeconds = random.within(120...300)
        pruneSeconds = random.within(600...1800)
        regionSkews = (0..<2).map { _ in Self.skew(&random, isSkewed: schedule.faults.contains(.clockSkew)) }
        tiers = ["alpha", "beta"].map { Self.tier($0, schedule, &random) }
        var rungs: [Ladder.Rung] = []
        for _ in 0..<random.within(1...4) {
            let place = Place(
                tier: random.pick(["alpha", "beta"]),
                location: random.pick(["north", "south"]),
                machine: "machine",
                provisioning: random.chance(0.5) ? .spot : .onDemand
            )
            let ceiling = random.chance(0.15) ? random.pick([0.5, 2, 8]) : nil
            if !rungs.contains(where: { $0.place == place }) {
                rungs.append(Ladder.Rung(place: place, usdPerHourMax: ceiling))
            }
        }
        ladder = Ladder(rungs)
    }

    static func skew(_ random: inout SimulationRandom, isSkewed: Bool) -> Int64 {
        let seconds = random.within(-skewSecondsMax...skewSecondsMax)
        return isSkewed ? Int64(seconds) * 1_000_000 : 0
    }

    private static func tier(_ name: String, _ schedule: FleetSchedule, _ random: inout SimulationRandom) -> Tier {
        var windows: [Window] = []
        for kind in [FaultKind.tierUnreachable, .stockout, .quota, .permissionDenied, .tierUnconfigured] {
            let from = Int64(random.within(0...schedule.chaosSeconds))
            let seconds = Int64(random.pick([30, 120, 300, 900, 3600]))
            guard schedule.faults.contains(kind) else { continue }
            let to = min(from + seconds, Int64(schedule.chaosSeconds))
            let start = FleetWorld.start
            windows.append(Window(kind: kind, from: start + from * 1_000_000, to: start + to * 1_000_000))
        }
        let spot = random.pick([0.4, 1.0, 3.0])
        return Tier(
            name: name,
            isIdempotent: name == "alpha",
            remembersRuns: random.chance(0.5),
            releasesItself: random.chance(0.5),
            spotUSD: random.chance(0.05) ? nil : spot,
            onDemandUSD: random.chance(0.05) ? nil : spot * 2.5,
            windows: windows
        )
    }

    static func policy(_ random: inout SimulationRandom) -> JobPolicy {
        JobPolicy(
            attemptsMax: random.pick([1, 3, 3, 3]),
            preemptionsMax: random.pick([0, 2, 50, 50]),
            refusalsMax: random.pick([0, 3, 200, 200]),
            runSecondsMax: random.pick([120, 600, 3600, 86_400]),
            queueSecondsMax: random.pick([120, 900, 900]),
            jobSecondsMax: random.pick([900, 7200, 30 * 86_400, 30 * 86_400])
        )
    }
}

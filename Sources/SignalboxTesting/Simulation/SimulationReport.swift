public import SignalboxCore

/// A schedule in which something does not hold that must.
public struct SimulationFailure: Sendable, Equatable {
    /// What did not hold.
    public struct Violation: Sendable, Equatable {
        /// Which.
        public let invariant: Invariant
        /// What was seen.
        public let message: String

        package init(invariant: Invariant, message: String) {
            self.invariant = invariant
            self.message = message
        }
    }

    /// The schedule.
    public let schedule: FleetSchedule
    /// What did not hold.
    public let violation: Violation
}

/// What a simulation did.
public struct SimulationReport: Sendable {
    /// Schedules that were run.
    public private(set) var schedules = 0
    /// Events of all of them.
    public private(set) var events = 0
    /// Runs that were launched.
    public private(set) var runs = 0
    /// Jobs by how they ended: `completed`, or a failure's code.
    public private(set) var jobs: [String: Int] = [:]
    /// Faults that happened, by kind.
    public private(set) var faults: [FaultKind: Int] = [:]
    /// The first failure by seed.
    public private(set) var failure: SimulationFailure?
    private var edgeCounts = [Int](repeating: 0, count: JobLifecycle.edges.count)

    init() {}

    /// The lifecycle's edges that were taken, and how often.
    public var edges: [(edge: LifecycleEdge, count: Int)] {
        zip(JobLifecycle.edges, edgeCounts).map { (edge: $0, count: $1) }
    }

    mutating func add(_ world: FleetWorld) {
        schedules += 1
        events += world.turns
        runs += world.runCount
        faults.merge(world.faultCounts, uniquingKeysWith: +)
        for (index, count) in world.jobs.edgeCounts.enumerated() { edgeCounts[index] += count }
        for job in world.jobs.all {
            let end = job.facts.phase == .failed ? job.facts.failureCode ?? "failed" : job.facts.phase.rawValue
            jobs[end, default: 0] += 1
        }
        if let violation = world.violation {
            keep(SimulationFailure(schedule: world.schedule, violation: violation))
        }
    }

    mutating func add(_ other: SimulationReport) {
        schedules += other.schedules
        events += other.events
        runs += other.runs
        jobs.merge(other.jobs, uniquingKeysWith: +)
        faults.merge(other.faults, uniquingKeysWith: +)
        for (index, count) in other.edgeCounts.enumerated() { edgeCounts[index] += count }
        if let found = other.failure { keep(found) }
    }

    private mutating func keep(_ found: SimulationFailure) {
        guard failure.map({ found.schedule.seed < $0.schedule.seed }) ?? true else { return }
        failure = found
    }
}

extension FleetWorld {
    /// How often each kind of fault happened that did.
    var faultCounts: [FaultKind: Int] {
        Dictionary(uniqueKeysWithValues: zip(FaultKind.allCases, faults.counts).filter { $0.1 > 0 })
    }
}

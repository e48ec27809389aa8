/// One schedule of a simulated fleet: all of it follows from these few numbers.
public struct FleetSchedule: Sendable, Equatable {
    /// Whatever else is drawn follows from it.
    public var seed: UInt64
    /// How many jobs, or packages.
    public var jobCount: Int
    /// The kinds of fault that are on.
    public var faults: Set<FaultKind>
    /// How long faults happen; afterwards it clears up.
    public var chaosSeconds: Int
    /// Whether jobs come out of uploaded packages.
    public var usesIntake: Bool
    /// Whether the retention's plan is carried out.
    public var prunes: Bool

    /// The share of schedules in which a kind of fault is on.
    static let faultShare = 0.25
    /// The share of schedules whose jobs come out of packages: the archive reader's threads make these slower.
    static let intakeShare = 0.08

    /// What a seed says.
    public init(seed: UInt64) {
        var random = SimulationRandom(seed: seed).fork(1)
        self.seed = seed
        jobCount = random.pick([1, 1, 1, 2, 2, 3])
        var faults: Set<FaultKind> = []
        // Some schedules are nearly quiet, some are storms.
        let share = random.pick([0.08, Self.faultShare, Self.faultShare, 0.5])
        for kind in FaultKind.allCases where random.chance(share) { faults.insert(kind) }
        self.faults = faults
        chaosSeconds = random.pick([300, 900, 900, 1800, 1800, 3600, 7200])
        usesIntake = random.chance(Self.intakeShare)
        prunes = random.chance(0.3)
    }

    /// Smaller schedules to try where this one fails: one kind of fault less, fewer jobs, less time.
    var reductions: [FleetSchedule] {
        var all: [FleetSchedule] = []
        if jobCount > 1 { all.append(with { $0.jobCount = 1 }) }
        if usesIntake { all.append(with { $0.usesIntake = false }) }
        if prunes { all.append(with { $0.prunes = false }) }
        if chaosSeconds > 120 { all.append(with { $0.chaosSeconds /= 2 }) }
        for kind in FaultKind.allCases where faults.contains(kind) { all.append(with { $0.faults.remove(kind) }) }
        return all
    }

    private func with(_ change: (inout FleetSchedule) -> Void) -> FleetSchedule {
        var schedule = self
        change(&schedule)
        return schedule
    }

    /// One line: the numbers, and the faults that are on.
    public var summary: String {
        let kinds = FaultKind.allCases.filter(faults.contains).map(\.rawValue).joined(separator: " ")
        let intake = usesIntake ? ", packages" : ""
        let prune = prunes ? ", prune" : ""
        let head = "seed \(seed), \(jobCount) job(s), \(chaosSeconds) s of faults\(intake)\(prune)"
        return kinds.isEmpty ? head + ": no faults" : "\(head): \(kinds)"
    }
}

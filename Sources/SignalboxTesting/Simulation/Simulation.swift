import SignalboxCore

/// Runs schedules of a simulated fleet and looks for one in which something does not hold that must.
///
/// The functions' handlers, the job controller, the ledger, the lifecycle, the sweeper, the pruner, the intake and the
/// registry are the real ones; stores, tiers, clocks and trainers are simulated. See `docs/simulator.md`.
public struct Simulation: Sendable {
    /// The first schedule's seed; the others follow.
    public var seed: UInt64
    /// How many schedules.
    public var schedules: Int
    /// Schedules that run at the same time.
    public var workers: Int

    /// A further promise, and what a schedule that has run broke of it: for the tests of what a failure comes to, as
    /// none of the others is ever broken.
    package typealias Promise = @Sendable (FleetSchedule, _ faults: [FaultKind: Int]) -> SimulationFailure.Violation?
    package var promise: Promise?

    /// A simulation of so many schedules.
    public init(seed: UInt64, schedules: Int = 1, workers: Int = 2) {
        self.seed = seed
        self.schedules = schedules
        self.workers = max(1, workers)
    }

    /// Runs the schedules; the first failure by seed ends it.
    public func run() async -> SimulationReport {
        await withTaskGroup(of: SimulationReport.self) { group in
            let next = ScheduleCounter(limit: schedules)
            for _ in 0..<workers {
                group.addTask {
                    var report = SimulationReport()
                    let executor = SimulationExecutor()
                    while let index = next.take() {
                        let schedule = FleetSchedule(seed: seed &+ UInt64(index))
                        let world = FleetWorld(schedule, executor: executor)
                        run(world)
                        report.add(world)
                        if world.violation != nil { next.stop() }
                    }
                    return report
                }
            }
            var report = SimulationReport()
            for await part in group { report.add(part) }
            return report
        }
    }

    /// Runs one schedule again, step by step.
    ///
    /// - Returns: what did not hold, and every step.
    public func replay(_ schedule: FleetSchedule) -> (violation: SimulationFailure.Violation?, trace: [String]) {
        let world = FleetWorld(schedule, executor: SimulationExecutor(), isTracing: true)
        run(world)
        return (world.violation, world.trace)
    }

    /// The smallest schedule that was found to break the same invariant; nil where this one breaks none.
    public func shrink(_ schedule: FleetSchedule) -> SimulationFailure? {
        let executor = SimulationExecutor()
        guard var smallest = failure(of: schedule, executor) else { return nil }
        var isSmaller = true
        while isSmaller {
            let found = smallest.schedule.reductions.lazy.compactMap { failure(of: $0, executor) }
                .first { $0.violation.invariant == smallest.violation.invariant }
            isSmaller = found != nil
            smallest = found ?? smallest
        }
        return smallest
    }

    private func failure(of schedule: FleetSchedule, _ executor: SimulationExecutor) -> SimulationFailure? {
        let world = FleetWorld(schedule, executor: executor)
        run(world)
        return world.violation.map { SimulationFailure(schedule: schedule, violation: $0) }
    }

    private func run(_ world: FleetWorld) {
        world.run()
        guard let broken = promise?(world.schedule, world.faultCounts) else { return }
        world.fail(broken.invariant, broken.message)
    }
}

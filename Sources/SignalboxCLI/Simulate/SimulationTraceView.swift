import ArgumentParser
import SignalboxTesting

/// One schedule step by step, and of one that fails the smallest that was found to fail alike.
struct SimulationTraceView {
    let schedule: FleetSchedule
    let steps: [String]
    let violation: SimulationFailure.Violation?
    let smallest: SimulationFailure?

    /// Runs the schedule of a seed as it is.
    init(of seed: UInt64, _ simulation: Simulation) {
        schedule = FleetSchedule(seed: seed)
        (violation, steps) = simulation.replay(schedule)
        smallest = violation.flatMap { [schedule] _ in simulation.shrink(schedule) }
    }

    var exitCode: ExitCode { violation == nil ? .success : .failure }

    /// What follows the steps.
    var ending: [String] {
        guard let violation else { return ["every promise was kept"] }
        let broken = "broken: \(violation.invariant.rawValue): \(violation.message)"
        return [broken] + (smallest.map { ["smallest: \($0.schedule.summary)"] } ?? [])
    }

    /// Prints the steps as data, the rest for people.
    func show() throws(ExitCode) {
        Console.note(schedule.summary)
        for step in steps { Console.data(step) }
        for line in ending { Console.note(line) }
        if exitCode != .success { throw exitCode }
    }
}

import SignalboxCore
import SignalboxTesting
import Testing

@Suite("Simulation")
struct SimulationTests {
    /// Schedules of the test; continuous integration and `make simulate` run more, in a release build.
    static let schedules = 1000

    @Test("Whatever goes wrong, every promise is kept; every fault happens, every edge is taken")
    func keepsPromises() async {
        let report = await Simulation(seed: 1, schedules: Self.schedules).run()
        let failure = report.failure.map { "\($0.violation.message)\n\($0.schedule.summary)" }
        #expect(failure == nil)
        #expect(report.schedules == Self.schedules)
        #expect(report.jobs["completed", default: 0] > Self.schedules / 4)
        #expect(FaultKind.allCases.filter { report.faults[$0] == nil } == [])
        let unseen = report.edges.filter { $0.count == 0 }.map { "\($0.edge.from) \($0.edge.input) \($0.edge.to)" }
        #expect(unseen == [])
    }

    @Test("A seed replays step by step", arguments: [3, 77, 4021] as [UInt64])
    func replays(seed: UInt64) {
        let first = Simulation(seed: seed).replay(FleetSchedule(seed: seed))
        let second = Simulation(seed: seed).replay(FleetSchedule(seed: seed))
        #expect(first.trace == second.trace)
        #expect(!first.trace.isEmpty)
        #expect(first.violation == nil)
    }

    @Test(
        "Packages that are uploaded again, tampered with or cut short have their jobs",
        arguments: 1...6 as ClosedRange<UInt64>
    )
    func judgesPackages(seed: UInt64) {
        var schedule = FleetSchedule(seed: seed)
        schedule.usesIntake = true
        schedule.faults.formUnion([.uploadAgain, .uploadTampered, .crashBefore, .crashAfter, .deliveryDropped])
        let (violation, trace) = Simulation(seed: 1).replay(schedule)
        #expect(violation == nil)
        #expect(trace.contains { $0.contains("package_accepted") || $0.contains("package_duplicate") })
    }

    /// Of two promises a schedule may break both; the second is the one that more schedules break.
    private static var breakable: Simulation {
        var simulation = Simulation(seed: 1, schedules: 400)
        simulation.promise = { schedule, faults in
            if faults[.crashBefore] != nil, faults[.deliveryDropped] != nil {
                return SimulationFailure.Violation(invariant: .packageHasJob, message: "a crash and a lost event")
            }
            guard !faults.isEmpty else { return nil }
            return SimulationFailure.Violation(invariant: .everyJobEnds, message: "a fault")
        }
        return simulation
    }

    @Test("The failure that is told is the first by seed, whichever worker meets it")
    func firstFailure() async throws {
        var simulation = Self.breakable
        simulation.promise = { [promise = simulation.promise] schedule, faults in
            promise?(schedule, faults).flatMap { $0.invariant == .packageHasJob ? $0 : nil }
        }
        let failure = try #require(await simulation.run().failure)
        let broken = (1...failure.schedule.seed).filter { seed in
            simulation.replay(FleetSchedule(seed: seed)).violation != nil
        }
        #expect(broken == [failure.schedule.seed])
    }

    @Test("The smallest schedule breaks the same promise, and has nothing that is not needed for it")
    func shrinks() throws {
        let simulation = Self.breakable
        let failing = (1...400 as ClosedRange<UInt64>).lazy.map { FleetSchedule(seed: $0) }.first { schedule in
            schedule.faults.count > 4 && schedule.jobCount > 1
                && simulation.replay(schedule).violation?.invariant == .packageHasJob
        }
        let schedule = try #require(failing)
        let smallest = try #require(simulation.shrink(schedule))
        #expect(smallest.violation.invariant == .packageHasJob)
        #expect(smallest.schedule.seed == schedule.seed)
        #expect(smallest.schedule.faults == [.crashBefore, .deliveryDropped])
        #expect(smallest.schedule.jobCount == 1)
        #expect(smallest.schedule.chaosSeconds <= schedule.chaosSeconds)
        #expect(simulation.replay(smallest.schedule).violation == smallest.violation)
    }

    @Test("A schedule that breaks nothing has no smaller one")
    func shrinksNothing() { #expect(Simulation(seed: 3).shrink(FleetSchedule(seed: 3)) == nil) }
}

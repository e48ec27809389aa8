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
        let first = Simulation.replay(FleetSchedule(seed: seed))
        let second = Simulation.replay(FleetSchedule(seed: seed))
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
        let (violation, trace) = Simulation.replay(schedule)
        #expect(violation == nil)
        #expect(trace.contains { $0.contains("package_accepted") || $0.contains("package_duplicate") })
    }
}

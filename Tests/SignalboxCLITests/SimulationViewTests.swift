import ArgumentParser
import SignalboxCore
import SignalboxTesting
import Testing
import Wire

@testable import SignalboxCLI

@Suite("What `simulate` says of a broken promise")
struct SimulationViewTests {
    /// Nobody may crash, and no schedule is to take half an hour.
    private static var simulation: Simulation {
        var simulation = Simulation(seed: 1, schedules: 60)
        simulation.promise = { schedule, faults in
            guard let count = faults[.crashBefore] else { return nil }
            return SimulationFailure.Violation(invariant: .packageHasJob, message: "\(count) crashes")
        }
        return simulation
    }

    @Test("the report names the seed, the smallest schedule and the command that replays it, and the status is 1")
    func report() async throws {
        let view = await SimulationView(of: Self.simulation)
        let failure = try #require(view.report.failure)
        let smallest = try #require(view.smallest)
        let seed = failure.schedule.seed
        #expect(view.exitCode == .failure)
        #expect(
            view.lines.suffix(4) == [
                "broken: package_has_job: \(failure.violation.message)", "schedule: \(failure.schedule.summary)",
                "smallest: \(smallest.schedule.summary)", "replay: signalbox simulate --seed \(seed) --trace",
            ]
        )
        let told = JSONReader(view.json)["failure"]
        #expect(told["seed"].value == .string(String(seed)))
        #expect(told["invariant"].value == "package_has_job")
        #expect(told["message"].value == .string(failure.violation.message))
        #expect(told["replay"].value == .string("signalbox simulate --seed \(seed) --trace"))
        #expect(told["smallest"].value == .string(smallest.schedule.summary))
    }

    @Test("schedules that keep every promise have no failure, and the status is 0")
    func kept() async {
        let view = await SimulationView(of: Simulation(seed: 1, schedules: 3))
        #expect(view.exitCode == .success)
        #expect(view.lines.last == "every promise was kept")
        #expect(JSONReader(view.json)["failure"].value == .null)
    }

    @Test("a trace is the schedule of its seed as it is; the smallest one is told besides")
    func trace() async throws {
        let failure = try #require(await Self.simulation.run().failure)
        let view = SimulationTraceView(of: failure.schedule.seed, Self.simulation)
        #expect(view.schedule == failure.schedule)
        #expect(view.steps == Self.simulation.replay(failure.schedule).trace)
        #expect(view.steps.last?.contains("VIOLATION package_has_job: ") == true)
        let smallest = try #require(view.smallest?.schedule.summary)
        #expect(smallest != failure.schedule.summary)
        #expect(view.ending == ["broken: package_has_job: \(failure.violation.message)", "smallest: \(smallest)"])
        #expect(view.exitCode == .failure)
    }

    @Test("a trace of a schedule that keeps every promise says so")
    func keptTrace() {
        let view = SimulationTraceView(of: 3, Simulation(seed: 3))
        #expect(!view.steps.isEmpty && view.exitCode == .success)
        #expect(view.ending == ["every promise was kept"])
    }
}

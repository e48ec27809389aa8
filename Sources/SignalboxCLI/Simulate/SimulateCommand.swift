import ArgumentParser
import SignalboxCore
import SignalboxTesting
import Wire

/// `signalbox simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run simulated fleets and look for one in which a promise is broken.",
        discussion: """
            Everything but stores, tiers, clocks and trainers is the real thing (docs/simulator.md). A failure names \
            its seed, the command that replays it, and the smallest schedule that was found to fail alike.
            """
    )

    @Option(help: "The first schedule's seed; the others count up from it.")
    var seed: UInt64 = 1

    @Option(help: "How many schedules.")
    var schedules = 20_000

    @Option(help: "How many at the same time.")
    var workers = 2

    @Flag(help: "Print every step of the first schedule, or of the smallest one that fails alike.")
    var trace = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard schedules > 0 else { throw ValidationError("--schedules: 1 or more, please.") }
        guard !(trace && output.json) else { throw ValidationError("--trace is text: leave --json away, please.") }
        guard (1...64).contains(workers) else { throw ValidationError("--workers: 1 to 64, please.") }
    }

    func run() async throws {
        if trace { return try replay() }
        let start = ContinuousClock.now
        let report = await Simulation(seed: seed, schedules: schedules, workers: workers).run()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let smallest = report.failure.map { Simulation.shrink($0.schedule) ?? $0 }
        let view = SimulationView(report: report, smallest: smallest, seconds: seconds)
        output.answer(view.json, view.lines)
        if report.failure != nil { throw ExitCode.failure }
    }

    /// Runs one schedule step by step; one that fails is made smaller first.
    private func replay() throws {
        let schedule = FleetSchedule(seed: seed)
        let smallest = Simulation.shrink(schedule)
        let (violation, steps) = Simulation.replay(smallest?.schedule ?? schedule)
        Console.note((smallest?.schedule ?? schedule).summary)
        for step in steps { Console.data(step) }
        guard let violation else { return }
        Console.note("broken: \(violation.invariant.rawValue): \(violation.message)")
        throw ExitCode.failure
    }
}

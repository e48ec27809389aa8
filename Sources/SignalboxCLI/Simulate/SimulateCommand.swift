import ArgumentParser
import SignalboxTesting

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

    @Flag(help: "Print every step of the first schedule, and the smallest one that fails alike if it does.")
    var trace = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard schedules > 0 else { throw ValidationError("--schedules: 1 or more, please.") }
        guard !(trace && output.json) else { throw ValidationError("--trace is text: leave --json away, please.") }
        guard (1...64).contains(workers) else { throw ValidationError("--workers: 1 to 64, please.") }
    }

    func run() async throws {
        let simulation = Simulation(seed: seed, schedules: schedules, workers: workers)
        guard !trace else { return try SimulationTraceView(of: seed, simulation).show() }
        let view = await SimulationView(of: simulation)
        output.answer(view.json, view.lines)
        if view.exitCode != .success { throw view.exitCode }
    }
}

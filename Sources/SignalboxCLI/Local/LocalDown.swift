import ArgumentParser
import Wire

/// `signalbox local down`.
struct LocalDown: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop a local cloud, its functions and its trainers.",
        discussion: "Trainers checkpoint first: their jobs go on when the local cloud is started again."
    )

    @OptionGroup var local: LocalOptions

    @OptionGroup var output: OutputOptions

    /// How long all of it may take to stop.
    private static let stopSeconds = 60
    private static let trainersSeconds = 20

    func run() async throws {
        let clock = SystemClock()
        guard let state = try LocalState.read(folder: local.folder) else {
            return output.answer(["was_running": false], ["no local cloud runs in \(local.folder)"])
        }
        let processes = LocalProcesses(folder: local.folder, clock: clock)
        let wasRunning = state.process.isAlive
        if wasRunning {
            state.process.signal(StopSignals.withTrainers)
            guard await processes.haveEnded([state.process], withinSeconds: Self.stopSeconds) else {
                let message =
                    "process \(state.process.pid) did not stop within \(Self.stopSeconds) s: see \(state.folder)/logs"
                throw CommandError(.timedOut, message)
            }
        }
        // Where `local up` was killed, its functions and trainers may be left.
        try await processes.stopFunctions(withinSeconds: Self.trainersSeconds)
        let runs = LocalRuns(folder: state.folder + "/runs", trainer: "trainer", clock: clock)
        let left = await runs.stop(withinSeconds: Self.trainersSeconds)
        guard left.isEmpty else {
            throw CommandError(.timedOut, "trainers go on: \(left.joined(separator: ", ")); see \(state.folder)/runs")
        }
        output.answer(["was_running": .bool(wasRunning)], ["stopped the local cloud in \(state.folder)"])
    }
}

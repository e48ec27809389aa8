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
        let folder = Paths.absolute(local.folder)
        let process = try LocalState.read(folder: folder)?.process
        let processes = LocalProcesses(folder: folder, runs: folder + "/runs", clock: clock)
        let wasRunning = process?.isAlive ?? false
        if let process, wasRunning {
            process.signal(LocalUp.stopWithTrainers)
            guard await processes.haveEnded([process], withinSeconds: Self.stopSeconds) else {
                let message = "process \(process.pid) did not stop within \(Self.stopSeconds) s: see \(folder)/logs"
                throw CommandError(.timedOut, message)
            }
        }
        // Where `local up` was killed or left them, functions and trainers may still run.
        if process != nil { await processes.stopFunctions(withinSeconds: Self.trainersSeconds) }
        let runs = LocalRuns(folder: folder + "/runs", trainer: "trainer", clock: clock)
        let left = await runs.stop(withinSeconds: Self.trainersSeconds)
        guard left.isEmpty else {
            throw CommandError(.timedOut, "trainers go on: \(left.joined(separator: ", ")); see \(folder)/runs")
        }
        let line = wasRunning ? "stopped the local cloud in \(folder)" : "no local cloud runs in \(folder)"
        output.answer(["was_running": .bool(wasRunning)], [line])
    }
}

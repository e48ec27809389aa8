import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell where a job stands, or follow it to its end.",
        discussion: "With --watch, the exit code is 0 for a completed job and 1 for a failed one."
    )

    @Argument(help: "The job's id, or the id of its package.")
    var job: String

    @Flag(help: "Follow the job until it is over.")
    var watch = false

    @Option(help: "Seconds from one look to the next.")
    var interval = 1.0

    @Option(help: "Seconds after which watching ends; none unless given.")
    var timeout: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else { throw ValidationError("--interval: 0.1 to 3600, please.") }
    }

    func run() async throws {
        let backend = try Backend()
        let id = try await JobReference(job).resolve(backend)
        let ledger = try backend.ledger()
        guard watch else {
            let view = JobView(job: try await ledger.job(id))
            return output.answer(view.json, [view.line])
        }
        let end = timeout.map { backend.clock.now() + .seconds($0) }
        let display = StatusDisplay(isJSON: output.json)
        defer { display.finish() }
        var silence = 0
        while true {
            do {
                let job = try await ledger.job(id)
                silence = 0
                display.show(job)
                if job.phase.isTerminal { return try finish(job, display) }
            } catch LedgerError.store(let error) where error.isTransient && silence < Self.silencesMax {
                silence += 1
            }
            if let end, backend.clock.now() >= end {
                throw CommandError(.timedOut, "\(id) is not over after \(timeout ?? 0) s")
            }
            try await backend.clock.sleep(for: .seconds(interval))
        }
    }

    /// Looks in a row that may fail before watching gives up; each has been retried already.
    private static let silencesMax = 5

    private func finish(_ job: Job, _ display: StatusDisplay) throws {
        display.finish()
        guard job.phase == .failed else { return }
        let reason = job.failure.map { "\($0.code.rawValue): \($0.message)" } ?? "no reason was written"
        throw CommandError(.jobFailed, "\(job.id): \(reason)")
    }
}

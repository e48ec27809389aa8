import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox why`.
struct WhyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Tell why a job stands where it stands: one cause, the evidence, what to do next.",
        discussion: "All of it comes from the job's document; docs/errors.md lists the causes."
    )

    @Argument(help: "The job's id, or the id of its package.")
    var job: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let backend = try Backend()
        let id = try await JobReference(job).resolve(backend)
        let found = try await backend.ledger().job(id)
        let policy = try backend.settings.jobPolicy()
        let diagnosis = JobDiagnosis(found, now: backend.clock.now(), policy: policy)
        var lines = ["\(diagnosis.cause.code): \(diagnosis.sentence)"]
        lines += diagnosis.evidence.map { "  \($0)" }
        lines.append("next: \(diagnosis.next.advice)")
        if let command = diagnosis.next.command { lines.append("  \(command)") }
        output.answer(
            [
                "job_id": .string(found.id),
                "status": .string(found.phase.status.rawValue),
                "phase": .string(found.phase.rawValue),
                "cause": .string(diagnosis.cause.code),
                "sentence": .string(diagnosis.sentence),
                "evidence": .array(diagnosis.evidence.map(JSON.string)),
                "next": [
                    "advice": .string(diagnosis.next.advice),
                    "command": diagnosis.next.command.map(JSON.string) ?? .null,
                ],
            ],
            lines
        )
    }
}

import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox prune`.
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove what retention lets go: old uploads, superseded checkpoints, old logs.",
        discussion: "The plan is the one that the function scheduled-prune carries out every day."
    )

    @Flag(help: "Tell what would be removed, and remove nothing.")
    var dryRun = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let backend = try Backend()
        let pruner = Pruner(
            objects: try backend.objects(),
            documents: try backend.documents(),
            layout: try backend.layout(),
            policy: try backend.settings.retention(),
            clock: backend.clock
        )
        let plan = try await pruner.plan()
        let outcome = dryRun ? Pruner.Outcome() : try await pruner.carryOut(plan)
        var members: [String: JSON] = [
            "dry_run": .bool(dryRun), "removed": .integer(Int64(outcome.removed)),
            "failed": .array(outcome.failures.map(\.json)),
        ]
        if case .object(let planned) = plan.json { members.merge(planned) { first, _ in first } }
        var table = Table("REASON", "SIZE", "OBJECT")
        for removal in plan.removals {
            table.add(removal.reason.rawValue, Figures.bytes(removal.object.size), removal.object.name.uri)
        }
        output.answer(.object(members), plan.removals.isEmpty ? [] : table.lines)
        if !output.json {
            let amount = "\(plan.removals.count) objects, \(Figures.bytes(plan.bytes))"
            Console.note(dryRun ? "would remove \(amount)" : "removed \(outcome.removed) of \(amount)")
            for failure in outcome.failures { Console.note("\(failure.subject): \(failure.message)") }
        }
        if !outcome.failures.isEmpty { throw ExitCode.failure }
    }
}

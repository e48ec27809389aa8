import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox models`.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List registered models.",
        subcommands: [List.self]
    )

    /// `signalbox models list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the published versions of models.",
            discussion: "Numbers may have gaps: a version is published only when its job completes."
        )

        @Argument(help: "The model; all unless named.")
        var model: String?

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let documents = try Backend().documents()
            var names = try await documents.queryAll(DocumentQuery(collection: ModelRegistry.collection)).map(\.id)
            if let model {
                names = names.filter { $0 == model }
                guard !names.isEmpty else { throw CommandError(.notFound, "there is no model \(model)") }
            }
            var table = Table("MODEL", "VERSION", "VALIDATION LOSS", "JOB", "PUBLISHED")
            var answers: [JSON] = []
            for name in names {
                let collection = "\(ModelRegistry.collection)/\(name)/versions"
                let versions = try await documents.queryAll(DocumentQuery(collection: collection))
                    .filter { $0.fields["state"] == .string("published") }
                    .map { ($0.fields["version"]?.plain.integerValue ?? 0, $0) }
                for (number, document) in versions.sorted(by: { $0.0 < $1.0 }) {
                    let fields = document.reader
                    let loss = try? fields["best_validation_loss"].double()
                    table.add(
                        name,
                        "v\(number)",
                        loss.map(Figures.loss) ?? "-",
                        fields["job_id"].value.stringValue ?? "-",
                        fields["published_at"].value.stringValue ?? "-"
                    )
                    answers.append(.object(document.fields.mapValues(\.plain)))
                }
            }
            output.answer(["models": .array(answers)], answers.isEmpty ? [] : table.lines)
            if answers.isEmpty, !output.json { Console.note("no models") }
        }
    }
}

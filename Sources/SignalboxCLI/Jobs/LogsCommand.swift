import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox logs`.
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print what a job's trainer measured, or draw its loss.",
        discussion: """
            Prints metrics.jsonl as it is, one JSON object a line, or another log of the job by its name. --plot draws \
            the training and the validation loss over the steps that stand in it.
            """
    )

    @Argument(help: "The job's id, or the id of its package.")
    var job: String

    @Flag(help: "Draw the loss instead.")
    var plot = false

    @Option(help: "The log to print or draw.")
    var file = "metrics.jsonl"

    @Flag(name: .customLong("list"), help: "List the job's logs instead.")
    var lists = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let backend = try Backend()
        let (objects, layout) = (try backend.objects(), try backend.layout())
        let id = try await JobReference(job).resolve(backend)
        if lists { return try await list(id, objects, layout) }
        let name = layout.log(jobID: id, name: file)
        let content: ObjectContent
        do throws(StoreError) {
            content = try await objects.read(name, generation: nil, range: nil, if: .none)
        } catch {
            guard error.code == .notFound else { throw error }
            throw CommandError(.notFound, "\(name) is not there (yet): see `signalbox logs \(id) --list`")
        }
        guard plot else {
            while let chunk = try await content.body.next() { Console.data(chunk) }
            return
        }
        let bytes = try await content.body.collect(bytesMax: Backend.fileBytesMax)
        let metrics = LossMetrics(parsing: bytes)
        guard !metrics.training.isEmpty else { throw CommandError(.notFound, "\(name) holds no loss (yet)") }
        output.answer(metrics.json, LossPlot(metrics).lines)
    }

    private func list(_ id: String, _ objects: any ObjectStore, _ layout: BucketLayout) async throws {
        let folder = layout.log(jobID: id, name: "").name
        let found = try await objects.listAll(bucket: layout.trainingBucket, prefix: folder)
        var table = Table("LOG", "SIZE", "UPDATED")
        for object in found {
            table.add(String(object.name.name.dropFirst(folder.count)), Figures.bytes(object.size), "\(object.updated)")
        }
        let answer = found.map { object -> JSON in
            [
                "name": .string(String(object.name.name.dropFirst(folder.count))),
                "uri": .string(object.name.uri),
                "size": .integer(object.size),
                "updated": .string(object.updated.description),
            ]
        }
        output.answer(["logs": .array(answer)], found.isEmpty ? [] : table.lines)
    }
}

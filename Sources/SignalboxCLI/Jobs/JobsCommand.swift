import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox jobs`.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "List, show, plan, cancel and retry training jobs.",
        subcommands: [List.self, Show.self, Plan.self, Cancel.self, Retry.self]
    )

    /// `signalbox jobs list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List jobs, the newest first.")

        @Option(help: "Only jobs of that status: pending, running, completed, failed.")
        var status: String?

        @Option(help: "Only jobs of that robot.")
        var robot: String?

        @Option(help: "At most so many.")
        var limit = 50

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard status.map({ Job.Status(rawValue: $0) != nil }) ?? true else {
                let known = Job.Status.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--status: one of \(known), please.")
            }
            guard limit > 0 else { throw ValidationError("--limit: 1 or more, please.") }
        }

        func run() async throws {
            let documents = try Backend().documents()
            let found = try await documents.queryAll(DocumentQuery(collection: Job.collection))
            let matching = found.filter { document in
                matches(document, "status", status) && matches(document, "robot_id", robot)
            }
            let newest = matching.sorted { ($0.createTime, $0.name) > ($1.createTime, $1.name) }.prefix(limit)
            var table = Table("JOB", "PHASE", "ATTEMPT", "ON", "STEP", "LOSS", "USD", "OUTCOME")
            var answers: [JSON] = []
            for document in newest {
                guard let job = try? Job(document) else {
                    table.add(document.id, "malformed", "-", "-", "-", "-", "-", "see `signalbox jobs show`")
                    answers.append(["job_id": .string(document.id), "status": "malformed"])
                    continue
                }
                let view = JobView(job: job)
                let (phase, attempt) = (job.phase.rawValue, "\(job.attempt)")
                table.add(job.id, phase, attempt, view.tier, view.steps, view.loss, view.spent, view.outcome)
                answers.append(view.json)
            }
            let lines = answers.isEmpty ? [] : table.lines
            output.answer(["jobs": .array(answers)], lines)
            if answers.isEmpty, !output.json { Console.note("no jobs") }
        }

        private func matches(_ document: Document, _ field: String, _ wanted: String?) -> Bool {
            wanted.map { document.fields[field] == .string($0) } ?? true
        }
    }

    /// `signalbox jobs show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show all that is known of a job.")

        @Argument(help: "The job's id, or the id of its package.")
        var job: String

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let backend = try Backend()
            let id = try await JobReference(job).resolve(backend)
            let view = JobView(job: try await backend.ledger().job(id))
            output.answer(view.json, view.details)
        }
    }

    /// `signalbox jobs cancel`.
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for a job to be stopped.",
            discussion: """
                The request is written into the job's document. A trainer that is heard checkpoints and stops, and \
                `signalbox jobs retry` goes on from there; any other run is ended.
                """
        )

        /// Tries against other writers of the document.
        private static let racesMax = 20

        @Argument(help: "The job's id, or the id of its package.")
        var job: String

        @OptionGroup var output: OutputOptions

        func run() async throws {
            let backend = try Backend()
            let documents = try backend.documents()
            let id = try await JobReference(job).resolve(backend)
            for _ in 0..<Self.racesMax {
                let read = try await documents.read(Job.path(of: id))
                guard let document = read.document else { throw LedgerError.noSuchJob(id) }
                guard try await request(in: document, readAt: read.readTime, documents) else { continue }
                return output.answer(
                    ["job_id": .string(id), "cancel_requested": true],
                    ["asked for \(id) to be cancelled; `signalbox status \(id) --watch` shows when it is"]
                )
            }
            throw CommandError(.busy, "\(id) is written by others again and again: try again")
        }

        /// Writes the request down, unless it is written already.
        ///
        /// - Returns: false where somebody else wrote the document meanwhile.
        private func request(
            in document: Document,
            readAt readTime: Timestamp,
            _ documents: any DocumentStore
        ) async throws -> Bool {
            guard case .string(let phase) = document.fields["phase"] else {
                throw CommandError(.fileUnusable, "the document of \(document.id) has no phase: correct it first")
            }
            guard Job.Phase(rawValue: phase)?.isTerminal != true else {
                throw CommandError(.jobOver, "\(document.id) is \(phase): there is nothing to cancel")
            }
            guard document.fields["cancel_requested"] != .boolean(true) else { return true }
            // It strictly advances with every change, by the store's clock.
            var changedAt = readTime.truncatedToMicroseconds
            if case .timestamp(let last) = document.fields["updated_at"] {
                changedAt = max(changedAt, last + .microseconds(1))
            }
            let write = DocumentWrite.set(
                document.path,
                ["cancel_requested": .boolean(true), "updated_at": .timestamp(changedAt)],
                mask: ["cancel_requested", "updated_at"],
                if: .updateTime(document.updateTime)
            )
            do throws(StoreError) {
                _ = try await documents.commit([write])
                return true
            } catch {
                guard error.code == .preconditionFailed || error.code == .aborted else { throw error }
                return false
            }
        }
    }
}

import ArgumentParser
import SignalboxCore
import Wire

/// `signalbox receipts`.
struct ReceiptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipts",
        abstract: "List the intake's signed answers to uploads.",
        subcommands: [List.self]
    )

    /// `signalbox receipts list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List receipts, accepted and refused, the newest first.",
            discussion: """
                Each is verified with the intake's public key (SIGNALBOX_RECEIPT_PUBLIC_KEY), or marked as not. Where \
                retention has removed a receipt, the package's document stands in for it, which nobody signed.
                """
        )

        @Option(help: "Only receipts of that status: accepted, rejected.")
        var status: String?

        @Option(help: "Only receipts of that robot.")
        var robot: String?

        @Option(help: "At most so many.")
        var limit = 50

        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard status.map({ Receipt.Status(rawValue: $0) != nil }) ?? true else {
                let known = Receipt.Status.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--status: one of \(known), please.")
            }
            guard robot.map({ Slug.isWellFormed($0) }) ?? true else {
                throw ValidationError("--robot: 1 to 63 of a-z 0-9 . _ -, please.")
            }
            guard (1...ReceiptBook.receiptsMax).contains(limit) else {
                throw ValidationError("--limit: 1 to \(ReceiptBook.receiptsMax), please.")
            }
        }

        func run() async throws {
            let backend = try Backend()
            let book = ReceiptBook(
                objects: try backend.objects(),
                documents: try backend.documents(),
                layout: try backend.layout(),
                key: try backend.settings.publicKey("SIGNALBOX_RECEIPT_PUBLIC_KEY")
            )
            let filter = ReceiptBook.Filter(robotID: robot, status: status.flatMap { Receipt.Status(rawValue: $0) })
            let entries = try await book.entries(filter, limit: limit)
            var table = Table("DECIDED", "STATUS", "CODE", "ROBOT", "PACKAGE", "JOB", "SIGNATURE")
            for entry in entries {
                let receipt = entry.receipt
                table.add(
                    receipt.decidedAt.description,
                    receipt.status.rawValue,
                    receipt.code?.rawValue ?? "-",
                    receipt.robotID,
                    receipt.packageID,
                    entry.isVerified ? receipt.jobID ?? "-" : "-",
                    entry.isVerified ? "verified" : "NOT verified: \(entry.problem ?? "")"
                )
            }
            output.answer(
                ["receipts": .array(entries.map(Self.json))],
                entries.isEmpty ? [] : table.lines
            )
            if entries.isEmpty, !output.json { Console.note("no receipts") }
        }

        private static func json(_ entry: ReceiptBook.Entry) -> JSON {
            guard case .object(let members) = entry.receipt.json else { return .null }
            let own: [String: JSON] = [
                "verified": .bool(entry.isVerified),
                "problem": entry.problem.map(JSON.string) ?? .null,
                "place": .string(entry.place),
            ]
            return .object(members.merging(own) { $1 })
        }
    }
}

import GRDB
import Synchronization
import Wire

/// Transactions, optimistic: each remembers what it read, and a commit is refused where that has changed since.
///
/// They live in memory; a restart ends them all, which clients answer by beginning again.
final class DocumentTransactions: Sendable {
    /// What one transaction has read.
    struct Reads: Sendable {
        fileprivate let began: Timestamp
        fileprivate var documents: [(path: DocumentPath, version: Timestamp?)] = []
        fileprivate var queries: [(query: StructuredQuery, versions: [String])] = []

        /// Refuses to commit over what changed since it was read.
        ///
        /// - Throws: ``DocumentError`` (`aborted`).
        func check(_ database: Database) throws {
            for (path, version) in documents {
                guard try DocumentTable.find(database, path)?.updateTime == version else { throw Self.conflict }
            }
            for (query, versions) in queries {
                guard try query.run(database).map({ DocumentTransactions.version($0) }) == versions else {
                    throw Self.conflict
                }
            }
        }

        private static let conflict = DocumentError(
            .aborted,
            "Transaction lock timeout or conflict: what was read has changed. Begin a new transaction."
        )
    }

    private let open = Mutex<[String: Reads]>([:])
    private let clock: any Clock
    private let random: any RandomSource

    /// No transactions yet.
    init(clock: any Clock, random: any RandomSource) {
        self.clock = clock
        self.random = random
    }

    /// Begins a transaction; returns its id, base64.
    ///
    /// - Throws: ``DocumentError`` (`resourceExhausted`).
    func begin() throws(DocumentError) -> String {
        let now = clock.now()
        let id = Base64.encode(random.bytes(16))
        let isOpen = open.withLock { open in
            open = open.filter { now - $0.value.began < .seconds(LocalCloudLimits.transactionSeconds) }
            guard open.count < LocalCloudLimits.transactionsMax else { return false }
            open[id] = Reads(began: now)
            return true
        }
        guard isOpen else { throw DocumentError(.resourceExhausted, "too many transactions are open") }
        return id
    }

    /// Remembers that a document was read, or found missing.
    func record(_ id: String, _ path: DocumentPath, _ document: Document?) throws(DocumentError) {
        try change(id) { $0.documents.append((path, document?.updateTime)) }
    }

    /// Remembers what a query gave.
    func record(_ id: String, _ query: StructuredQuery, _ documents: [Document]) throws(DocumentError) {
        try change(id) { $0.queries.append((query, documents.map { Self.version($0) })) }
    }

    /// Ends a transaction; returns what it read.
    ///
    /// - Throws: ``DocumentError`` (`invalidArgument`) where there is none of that id, or no more.
    func end(_ id: String) throws(DocumentError) -> Reads {
        guard let reads = open.withLock({ $0.removeValue(forKey: id) }), isLive(reads) else { throw Self.unknown }
        return reads
    }

    private static let unknown = DocumentError.invalid("The referenced transaction has expired or is no longer valid.")

    private func isLive(_ reads: Reads) -> Bool {
        clock.now() - reads.began < .seconds(LocalCloudLimits.transactionSeconds)
    }

    private func change(_ id: String, _ body: (inout Reads) -> Void) throws(DocumentError) {
        let isKnown = open.withLock { open in
            guard var reads = open[id] else { return false }
            body(&reads)
            open[id] = reads
            return true
        }
        guard isKnown else { throw Self.unknown }
    }

    fileprivate static func version(_ document: Document) -> String { "\(document.name)@\(document.updateTime)" }
}

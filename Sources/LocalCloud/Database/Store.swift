import GRDB
import Wire

/// The one database: object metadata, documents, uploads in progress, the outbox.
///
/// Write-ahead log with `synchronous=FULL`: what was answered is on the disk.
struct Store: Sendable {
    private let pool: DatabasePool

    /// Opens or makes the database in a directory.
    ///
    /// - Parameter hasBlobs: whether objects' bytes lie there. They mean nothing without the database that names them,
    ///   and would be swept as what a crash left, so no database is made beside them.
    /// - Throws: ``LocalCloudError`` (`databaseUnusable`).
    init(directory: String, hasBlobs: Bool) throws(LocalCloudError) {
        let path = directory + "/cloud.sqlite"
        let isRefused: Bool
        do {
            pool = try DatabasePool(path: path)
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            isRefused = try hasBlobs && pool.read { try !$0.tableExists("objects") }
            if !isRefused { try Self.migrator.migrate(pool) }
        } catch {
            throw LocalCloudError(
                .databaseUnusable,
                "cannot use \(path); if it was written by a newer version, use that one, "
                    + "else move the whole folder \(directory) away: \(error)"
            )
        }
        guard !isRefused else {
            try? pool.close()
            throw LocalCloudError(
                .databaseUnusable,
                "\(directory)/blobs holds objects, but \(path), which names them, is gone; "
                    + "put it back, or move the whole folder \(directory) away"
            )
        }
    }

    /// Reads from one snapshot.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await pool.read(body)
    }

    /// Runs one transaction; it is durable when this returns, and leaves nothing behind when it throws.
    func write<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        try await pool.write(body)
    }

    /// Closes all connections.
    func close() { try? pool.close() }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: schema) }
        return migrator
    }

    private static let schema = """
        CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE objects (
            bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL, metageneration INTEGER NOT NULL,
            blob TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, crc32c INTEGER NOT NULL, md5 BLOB,
            component_count INTEGER, attributes TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
            PRIMARY KEY (bucket, name)
        ) WITHOUT ROWID;
        CREATE TABLE uploads (
            id TEXT PRIMARY KEY, bucket TEXT NOT NULL, name TEXT NOT NULL, attributes TEXT NOT NULL,
            preconditions TEXT NOT NULL, declared TEXT NOT NULL, persisted INTEGER NOT NULL, crc32c INTEGER NOT NULL,
            md5 BLOB NOT NULL, created INTEGER NOT NULL, result TEXT
        ) WITHOUT ROWID;
        CREATE TABLE documents (
            root TEXT NOT NULL, collection TEXT NOT NULL, collection_id TEXT NOT NULL, id TEXT NOT NULL,
            fields TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
            PRIMARY KEY (root, collection, id)
        ) WITHOUT ROWID;
        CREATE INDEX documents_by_collection_id ON documents (root, collection_id);
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, event_id TEXT NOT NULL,
            headers TEXT NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL, created INTEGER NOT NULL,
            not_before INTEGER NOT NULL
        );
        CREATE INDEX outbox_due ON outbox (subscription, not_before, id);
        CREATE TABLE dead_letters (
            id INTEGER PRIMARY KEY, subscription TEXT NOT NULL, event_id TEXT NOT NULL, headers TEXT NOT NULL,
            body BLOB NOT NULL, attempts INTEGER NOT NULL, created INTEGER NOT NULL, died INTEGER NOT NULL,
            cause TEXT NOT NULL
        );
        CREATE TABLE schedules (name TEXT PRIMARY KEY, last_fire INTEGER NOT NULL) WITHOUT ROWID;
        """
}

/// Numbers that only rise, also over restarts and clocks that go back.
enum DurableCounter: String {
    /// Generations of objects.
    case generation
    /// Commit times of documents.
    case commit

    /// The last number given; 0 before the first.
    func last(_ database: Database) throws -> Int64 {
        let sql = "SELECT value FROM counters WHERE name = ?"
        return try Int64.fetchOne(database, sql: sql, arguments: [rawValue]) ?? 0
    }

    /// The time now in microseconds, or one more than the last number given where that is later.
    func next(_ database: Database, now: Timestamp) throws -> Int64 {
        let value = max(now.microseconds, try last(database) + 1)
        try database.execute(
            sql: "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            arguments: [rawValue, value]
        )
        return value
    }
}

extension JSON {
    /// Reads JSON that this room wrote into the database.
    static func stored(_ text: String) throws -> JSONReader { JSONReader(try JSON(parsing: text)) }
}

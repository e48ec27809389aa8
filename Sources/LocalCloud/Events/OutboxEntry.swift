import GRDB
import Wire

/// One message that is still to be delivered to one receiver.
struct OutboxEntry: Sendable {
    /// The row; 0 before there is one.
    let id: Int64
    let subscription: String
    let eventID: String
    let headers: HTTPHeaders
    let body: [UInt8]
    /// How many attempts have failed.
    var attempts: Int
    let created: Timestamp
    /// When it may be sent next.
    var notBefore: Timestamp

    /// A message that is new.
    init(
        subscription: String,
        eventID: String,
        headers: HTTPHeaders,
        body: [UInt8],
        created: Timestamp,
        notBefore: Timestamp
    ) {
        id = 0
        self.subscription = subscription
        self.eventID = eventID
        self.headers = headers
        self.body = body
        attempts = 0
        self.created = created
        self.notBefore = notBefore
    }

    /// Puts the message there as a new row.
    func insert(_ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO outbox (subscription, event_id, headers, body, attempts, created, not_before)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                subscription, eventID, Self.text(headers), DatabaseBytes(body), attempts, created.microseconds,
                notBefore.microseconds,
            ]
        )
    }

    /// Records a failed attempt.
    func postpone(_ database: Database) throws {
        try database.execute(
            sql: "UPDATE outbox SET attempts = ?, not_before = ? WHERE id = ?",
            arguments: [attempts, notBefore.microseconds, id]
        )
    }

    /// Takes the message away.
    func delete(_ database: Database) throws {
        try database.execute(sql: "DELETE FROM outbox WHERE id = ?", arguments: [id])
    }

    /// Gives the message up.
    func bury(_ database: Database, cause: String, now: Timestamp) throws {
        try database.execute(
            sql: """
                INSERT INTO dead_letters (subscription, event_id, headers, body, attempts, created, died, cause)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                subscription, eventID, Self.text(headers), DatabaseBytes(body), attempts, created.microseconds,
                now.microseconds, cause,
            ]
        )
        try delete(database)
    }

    /// The first messages to a receiver that may be sent now.
    static func due(
        _ database: Database,
        subscription: String,
        now: Timestamp,
        countMax: Int
    ) throws -> [OutboxEntry] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM outbox WHERE subscription = ? AND not_before <= ? ORDER BY not_before, id LIMIT ?
                """,
            arguments: [subscription, now.microseconds, countMax]
        ).map { try OutboxEntry($0) }
    }

    /// When the next message to a receiver may be sent that may not be sent now.
    static func nextDue(_ database: Database, subscription: String, now: Timestamp) throws -> Timestamp? {
        try Int64.fetchOne(
            database,
            sql: "SELECT MIN(not_before) FROM outbox WHERE subscription = ? AND not_before > ?",
            arguments: [subscription, now.microseconds]
        ).map { Timestamp(microseconds: $0) }
    }

    /// How many messages there are to a receiver, or to all.
    static func count(_ database: Database, subscription: String? = nil) throws -> Int {
        try Int.fetchOne(
            database,
            sql: "SELECT COUNT(*) FROM outbox WHERE subscription = ?1 OR ?1 IS NULL",
            arguments: [subscription]
        ) ?? 0
    }

    private init(_ row: Row) throws {
        id = row["id"]
        subscription = row["subscription"]
        eventID = row["event_id"]
        headers = try Self.headers(row["headers"])
        body = (row["body"] as DatabaseBytes).bytes
        attempts = row["attempts"]
        created = Timestamp(microseconds: row["created"])
        notBefore = Timestamp(microseconds: row["not_before"])
    }

    private static func text(_ headers: HTTPHeaders) -> String {
        JSON.array(headers.map { .array([.string($0.name), .string($0.value)]) }).serialized()
    }

    fileprivate static func headers(_ text: String) throws -> HTTPHeaders {
        var headers = HTTPHeaders()
        for field in try JSON.stored(text).array() {
            let pair = try field.array()
            guard pair.count == 2 else { throw field.mismatch("a name and a value") }
            headers.add(try pair[0].string(), try pair[1].string())
        }
        return headers
    }
}

extension DeadLetter {
    /// The letters, oldest first.
    static func all(_ database: Database, countMax: Int) throws -> [DeadLetter] {
        try Row.fetchAll(
            database,
            sql: "SELECT * FROM dead_letters ORDER BY id LIMIT ?",
            arguments: [countMax]
        ).map { row in
            DeadLetter(
                subscription: row["subscription"],
                eventID: row["event_id"],
                headers: try OutboxEntry.headers(row["headers"]),
                body: (row["body"] as DatabaseBytes).bytes,
                attempts: row["attempts"],
                created: Timestamp(microseconds: row["created"]),
                cause: row["cause"]
            )
        }
    }
}

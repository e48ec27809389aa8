import GRDB
import Wire

/// A resumable upload: what was asked for, and how far it came.
struct UploadSession: Sendable {
    let id: String
    let order: UploadOrder
    /// What is durable, a multiple of ``LocalCloudLimits/uploadGranuleBytes``.
    var persisted: UploadProgress
    let created: Timestamp
    /// The resource, once the object is there.
    var result: JSON?

    /// The upload of that id, if there is one.
    static func find(_ database: Database, id: String) throws -> UploadSession? {
        try Row.fetchOne(database, sql: "SELECT * FROM uploads WHERE id = ?", arguments: [id])
            .map { try UploadSession($0) }
    }

    private init(_ row: Row) throws {
        id = row["id"]
        order = UploadOrder(
            bucket: row["bucket"],
            name: row["name"],
            attributes: try ObjectAttributes(stored: row["attributes"]),
            preconditions: try ObjectPreconditions(stored: row["preconditions"]),
            declared: try DeclaredHashes(JSON.stored(row["declared"]))
        )
        let size: Int64 = row["persisted"]
        guard let md5 = MD5(state: (row["md5"] as DatabaseBytes).bytes, byteCount: size) else {
            throw StorageError.invalid("the upload's state")
        }
        persisted = UploadProgress(size: size, crc32c: CRC32C(row["crc32c"]), md5: md5)
        created = Timestamp(microseconds: row["created"])
        result = try (row["result"] as String?).map { try JSON(parsing: $0) }
    }

    /// An upload that has not begun.
    init(id: String, order: UploadOrder, created: Timestamp) {
        self.id = id
        self.order = order
        self.created = created
        persisted = UploadProgress()
    }

    /// Writes the row, over the one of the same id.
    func save(_ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                id, order.bucket, order.name, order.attributes.json.serialized(),
                order.preconditions.json.serialized(), order.declared.json.serialized(), persisted.size,
                persisted.crc32c.value, DatabaseBytes(persisted.md5.state ?? []), created.microseconds,
                result?.serialized(),
            ]
        )
    }

    /// Takes the row away.
    func delete(_ database: Database) throws {
        try database.execute(sql: "DELETE FROM uploads WHERE id = ?", arguments: [id])
    }

    /// Takes all uploads away that began before a time, and returns the ids of those that are left.
    static func expire(_ database: Database, before limit: Timestamp) throws -> [String] {
        try database.execute(sql: "DELETE FROM uploads WHERE created < ?", arguments: [limit.microseconds])
        return try String.fetchAll(database, sql: "SELECT id FROM uploads WHERE result IS NULL")
    }
}

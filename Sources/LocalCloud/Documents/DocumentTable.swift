import GRDB
import Wire

/// Documents in the database.
enum DocumentTable {
    /// The document at a path, if it is there.
    static func find(_ database: Database, _ path: DocumentPath) throws -> Document? {
        try Row.fetchOne(
            database,
            sql: "SELECT * FROM documents WHERE root = ? AND collection = ? AND id = ?",
            arguments: [path.root, path.collection, path.id]
        ).map { try document($0) }
    }

    /// Writes a document over the one at the path.
    static func save(_ database: Database, _ path: DocumentPath, _ document: Document) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                path.root, path.collection, path.collectionID, path.id,
                DocumentValue.json(document.fields).serialized(), document.createTime.microseconds,
                document.updateTime.microseconds,
            ]
        )
    }

    /// Takes a document away.
    static func delete(_ database: Database, _ path: DocumentPath) throws {
        try database.execute(
            sql: "DELETE FROM documents WHERE root = ? AND collection = ? AND id = ?",
            arguments: [path.root, path.collection, path.id]
        )
    }

    /// Calls for each document of a collection, or of all collections of that id at and under a parent.
    static func scan(
        _ database: Database,
        parent: DocumentPath,
        collectionID: String?,
        allDescendants: Bool,
        _ body: (Document) throws -> Void
    ) throws {
        let prefix = parent.segments.joined(separator: "/")
        var sql = "SELECT * FROM documents WHERE root = ?"
        var arguments: StatementArguments = [parent.root]
        if let collectionID {
            sql += " AND collection_id = ?"
            arguments += [collectionID]
            if !allDescendants {
                sql += " AND collection = ?"
                arguments += [prefix.isEmpty ? collectionID : "\(prefix)/\(collectionID)"]
            }
        }
        let rows = try Row.fetchCursor(database, sql: sql, arguments: arguments)
        while let row = try rows.next() {
            let collection: String = row["collection"]
            let isBelow = prefix.isEmpty || collection.utf8.starts(with: (prefix + "/").utf8)
            guard isBelow else { continue }
            if collectionID == nil, !allDescendants {
                let depth = collection.split(separator: "/").count
                guard depth == parent.segments.count + 1 else { continue }
            }
            try body(try document(row))
        }
    }

    /// The ids of the collections right under a parent, in the order of their bytes.
    static func collectionIDs(_ database: Database, parent: DocumentPath) throws -> [String] {
        let collections = try String.fetchAll(
            database,
            sql: "SELECT DISTINCT collection FROM documents WHERE root = ?",
            arguments: [parent.root]
        )
        let ids = collections.compactMap { collection -> String? in
            let parts = collection.split(separator: "/").map { String($0) }
            guard parts.count > parent.segments.count,
                zip(parts, parent.segments).allSatisfy({ $0.utf8.elementsEqual($1.utf8) })
            else { return nil }
            return parts[parent.segments.count]
        }
        return Set(ids).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func document(_ row: Row) throws -> Document {
        let root: String = row["root"]
        let collection: String = row["collection"]
        let id: String = row["id"]
        return Document(
            name: "\(root)/documents/\(collection)/\(id)",
            fields: try DocumentValue.fields(try JSON.stored(row["fields"])),
            createTime: Timestamp(microseconds: row["created"]),
            updateTime: Timestamp(microseconds: row["updated"])
        )
    }
}

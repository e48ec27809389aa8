import GRDB
import Wire

/// An object that is there: what the database knows of it.
struct ObjectRecord: Sendable {
    var bucket: String
    var name: String
    /// Which bytes these are; rises with every write to the name.
    var generation: Int64
    /// Which attributes these are; from 1 for a generation.
    var metageneration: Int64
    /// The file that holds the bytes.
    var blob: String
    var size: Int64
    var crc32c: CRC32C
    /// None where the object was composed.
    var md5: [UInt8]?
    /// How many parts a composed object has.
    var componentCount: Int?
    var attributes: ObjectAttributes
    var created: Timestamp
    var updated: Timestamp

    /// `CNyP3Pz4gZEDEAE=`: generation and metageneration as protobuf fields 1 and 2, as the service writes it.
    var etag: String {
        var writer = ProtobufWriter()
        writer.varint(1, UInt64(bitPattern: generation))
        writer.varint(2, UInt64(bitPattern: metageneration))
        return Base64.encode(writer.bytes)
    }

    /// The object resource, with links to a server.
    func resource(baseURL: String) -> JSON {
        let place = "/b/\(PercentEncoding.encode(bucket))/o/\(PercentEncoding.encode(name))"
        var members = attributes.members
        members["kind"] = "storage#object"
        members["id"] = .string("\(bucket)/\(name)/\(generation)")
        members["selfLink"] = .string("\(baseURL)/storage/v1\(place)")
        members["mediaLink"] = .string(
            "\(baseURL)/download/storage/v1\(place)?generation=\(generation)&alt=media"
        )
        members["name"] = .string(name)
        members["bucket"] = .string(bucket)
        members["generation"] = .string(String(generation))
        members["metageneration"] = .string(String(metageneration))
        members["timeCreated"] = .string(created.description)
        members["updated"] = .string(updated.description)
        members["timeStorageClassUpdated"] = .string(created.description)
        members["storageClass"] = members["storageClass"] ?? "STANDARD"
        members["size"] = .string(String(size))
        members["crc32c"] = .string(crc32c.base64)
        members["md5Hash"] = md5.map { .string(Base64.encode($0)) }
        members["componentCount"] = componentCount.map { .integer(Int64($0)) }
        members["etag"] = .string(etag)
        return .object(members)
    }

    /// The headers that come with the bytes.
    var mediaHeaders: HTTPHeaders {
        var headers: HTTPHeaders = [
            "content-type": attributes.contentType ?? "application/octet-stream",
            "accept-ranges": "bytes",
            "etag": etag,
            "x-goog-generation": String(generation),
            "x-goog-metageneration": String(metageneration),
            "x-goog-stored-content-length": String(size),
            "x-goog-stored-content-encoding": attributes.members["contentEncoding"]?.stringValue ?? "identity",
            "x-goog-storage-class": attributes.members["storageClass"]?.stringValue ?? "STANDARD",
        ]
        let hashes = ["crc32c=" + crc32c.base64] + (md5.map { ["md5=" + Base64.encode($0)] } ?? [])
        headers["x-goog-hash"] = hashes.joined(separator: ",")
        for (attribute, header) in [
            ("contentEncoding", "content-encoding"), ("contentDisposition", "content-disposition"),
            ("contentLanguage", "content-language"), ("cacheControl", "cache-control"),
        ] {
            headers[header] = attributes.members[attribute]?.stringValue
        }
        return headers
    }
}

extension ObjectRecord {
    /// Reads a row of `objects`.
    init(_ row: Row) throws {
        self.init(
            bucket: row["bucket"],
            name: row["name"],
            generation: row["generation"],
            metageneration: row["metageneration"],
            blob: row["blob"],
            size: row["size"],
            crc32c: CRC32C(row["crc32c"]),
            md5: (row["md5"] as DatabaseBytes?)?.bytes,
            componentCount: row["component_count"],
            attributes: try ObjectAttributes(stored: row["attributes"]),
            created: Timestamp(microseconds: row["created"]),
            updated: Timestamp(microseconds: row["updated"])
        )
    }

    /// The object of that name, if it is there.
    static func find(_ database: Database, bucket: String, name: String) throws -> ObjectRecord? {
        try Row.fetchOne(
            database,
            sql: "SELECT * FROM objects WHERE bucket = ? AND name = ?",
            arguments: [bucket, name]
        ).map { try ObjectRecord($0) }
    }

    /// Writes the row, over the one of the same name.
    func save(_ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                bucket, name, generation, metageneration, blob, size, crc32c.value, md5.map { DatabaseBytes($0) },
                componentCount, attributes.json.serialized(), created.microseconds, updated.microseconds,
            ]
        )
    }

    /// Takes the row away.
    func delete(_ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM objects WHERE bucket = ? AND name = ?",
            arguments: [bucket, name]
        )
    }
}

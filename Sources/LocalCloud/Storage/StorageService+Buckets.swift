import GRDB
import Wire

extension StorageService {
    func respondBuckets(_ request: ServerRequest) async throws -> ServerResponse {
        switch request.method {
        case "GET":
            let rows = try await store.read { database in
                try Row.fetchAll(database, sql: "SELECT name, created FROM buckets ORDER BY name")
                    .map { (name: $0["name"] as String, created: Timestamp(microseconds: $0["created"])) }
            }
            let prefix = request.query["prefix"] ?? ""
            let items = rows.filter { $0.name.hasPrefix(prefix) }.map { resource($0.name, $0.created, request) }
            return .json(["kind": "storage#buckets", "items": .array(items)])
        case "POST":
            guard let name = try await request.json().value["name"]?.stringValue else {
                throw StorageError(status: 400, reason: .required, message: "Required bucket name")
            }
            return .json(resource(name, try await createBucket(name), request))
        default: throw Self.methodNotAllowed(request)
        }
    }

    func respondBucket(_ request: ServerRequest, _ name: String) async throws -> ServerResponse {
        switch request.method {
        case "GET":
            let created = try await store.read { try Self.requireBucket($0, name) }
            return .json(resource(name, created, request))
        case "DELETE":
            try await store.write { database in
                _ = try Self.requireBucket(database, name)
                let isEmpty =
                    try Row.fetchOne(
                        database,
                        sql: "SELECT 1 FROM objects WHERE bucket = ? LIMIT 1",
                        arguments: [name]
                    ) == nil
                guard isEmpty else {
                    throw StorageError(
                        status: 409,
                        reason: .conflict,
                        message: "The bucket you tried to delete is not empty."
                    )
                }
                try database.execute(sql: "DELETE FROM buckets WHERE name = ?", arguments: [name])
            }
            return ServerResponse(status: 204)
        default: throw Self.methodNotAllowed(request)
        }
    }

    /// `gcloud storage` asks for it before it lists.
    func storageLayout(_ name: String) async throws -> ServerResponse {
        _ = try await store.read { try Self.requireBucket($0, name) }
        return .json(
            [
                "kind": "storage#storageLayout", "bucket": .string(name), "location": .string(location.uppercased()),
                "locationType": "region", "hierarchicalNamespace": ["enabled": false],
            ]
        )
    }

    /// There are no folders but in names; `gcloud storage rm --recursive` asks for them.
    func folders(_ bucket: String, kind: String) async throws -> ServerResponse {
        _ = try await store.read { try Self.requireBucket($0, bucket) }
        return .json(["kind": .string("storage#\(kind)"), "items": []])
    }

    /// Makes a bucket.
    ///
    /// - Throws: ``StorageError``: `invalid` for its name, `conflict` where it is there.
    func createBucket(_ name: String) async throws -> Timestamp {
        try Self.checkBucketName(name)
        let now = clock.now().truncatedToMicroseconds
        try await store.write { database in
            do {
                try database.execute(
                    sql: "INSERT INTO buckets VALUES (?, ?)",
                    arguments: [name, now.microseconds]
                )
            } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                throw StorageError(
                    status: 409,
                    reason: .conflict,
                    message: "The requested bucket name is not available."
                )
            }
        }
        return now
    }

    /// When the bucket was made.
    ///
    /// - Throws: ``StorageError/noBucket``.
    @discardableResult
    static func requireBucket(_ database: Database, _ name: String) throws -> Timestamp {
        let created = try Int64.fetchOne(
            database,
            sql: "SELECT created FROM buckets WHERE name = ?",
            arguments: [name]
        )
        guard let created else { throw StorageError.noBucket }
        return Timestamp(microseconds: created)
    }

    /// The rules of buckets' names (https://cloud.google.com/storage/docs/buckets#naming), those that matter here.
    static func checkBucketName(_ name: String) throws(StorageError) {
        let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8)
        guard (3...222).contains(name.utf8.count), name.utf8.allSatisfy({ letters.contains($0) }),
            name.first != ".", name.first != "-", name.last != ".", name.last != "-"
        else { throw .invalid("Invalid bucket name: '\(name)'") }
    }

    static func methodNotAllowed(_ request: ServerRequest) -> StorageError {
        StorageError(
            status: 405,
            reason: .methodNotAllowed,
            message: "\(request.method) is not served at /\(request.path.joined(separator: "/"))"
        )
    }

    private func resource(_ name: String, _ created: Timestamp, _ request: ServerRequest) -> JSON {
        [
            "kind": "storage#bucket", "id": .string(name), "name": .string(name),
            "selfLink": .string("\(request.baseURL)/storage/v1/b/\(name)"), "projectNumber": "0",
            "timeCreated": .string(created.description), "updated": .string(created.description),
            "location": .string(location.uppercased()), "locationType": "region", "storageClass": "STANDARD",
            "metageneration": "1", "etag": "CAE=",
            "iamConfiguration": ["uniformBucketLevelAccess": ["enabled": true]],
        ]
    }
}

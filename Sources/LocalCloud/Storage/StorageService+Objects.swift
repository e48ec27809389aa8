import GRDB
import Wire

extension StorageService {
    func get(_ request: ServerRequest, bucket: String, name: String) async throws -> ServerResponse {
        .json(try await find(request, bucket: bucket, name: name).resource(baseURL: request.baseURL))
    }

    /// The object that a read means: of the generation asked for, and as its preconditions have it.
    ///
    /// - Throws: ``StorageError``: 404, 412 or 304.
    func find(_ request: ServerRequest, bucket: String, name: String) async throws -> ObjectRecord {
        let preconditions = try ObjectPreconditions(request.query)
        let object = try await store.read { database in
            try Self.require(database, bucket: bucket, name: name, generation: request.query["generation"])
        }
        try preconditions.checkRead(object)
        return object
    }

    /// The object of that name, of that generation where one is given.
    ///
    /// - Throws: ``StorageError``: 404, also for a generation that was replaced: none but the live one is kept.
    static func require(
        _ database: Database,
        bucket: String,
        name: String,
        generation: String?
    ) throws -> ObjectRecord {
        try requireBucket(database, bucket)
        guard let object = try ObjectRecord.find(database, bucket: bucket, name: name),
            generation == nil || generation == String(object.generation)
        else { throw StorageError.noObject(bucket, name) }
        return object
    }

    func update(
        _ request: ServerRequest,
        bucket: String,
        name: String,
        isPatch: Bool
    ) async throws -> ServerResponse {
        let body = try await request.json()
        let preconditions = try ObjectPreconditions(request.query)
        let now = clock.now().truncatedToMicroseconds
        let object = try await store.write { database in
            var object = try Self.require(
                database,
                bucket: bucket,
                name: name,
                generation: request.query["generation"]
            )
            try preconditions.check(object)
            if isPatch { try object.attributes.merge(body) } else { object.attributes = try ObjectAttributes(body) }
            object.metageneration += 1
            object.updated = now
            try object.save(database)
            try outbox.add(.object(.metadataUpdated, object, baseURL: request.baseURL, at: now), database)
            return object
        }
        return .json(object.resource(baseURL: request.baseURL))
    }

    func delete(_ request: ServerRequest, bucket: String, name: String) async throws -> ServerResponse {
        let preconditions = try ObjectPreconditions(request.query)
        let now = clock.now().truncatedToMicroseconds
        let object = try await store.write { database in
            let object = try Self.require(
                database,
                bucket: bucket,
                name: name,
                generation: request.query["generation"]
            )
            try preconditions.check(object)
            try object.delete(database)
            try outbox.add(.object(.deleted, object, baseURL: request.baseURL, at: now), database)
            return object
        }
        files.blobs.remove(object.blob)
        return ServerResponse(status: 204)
    }

    /// Puts an object there whose bytes lie in the blob already; the blob goes away where this throws.
    ///
    /// - Parameter along: more to write in the same transaction.
    /// - Throws: ``StorageError``: 404 for the bucket, 412.
    func create(
        _ draft: ObjectDraft,
        preconditions: ObjectPreconditions,
        baseURL: String,
        along: (@Sendable (Database, ObjectRecord) throws -> Void)? = nil
    ) async throws -> ObjectRecord {
        let now = clock.now().truncatedToMicroseconds
        do {
            let (object, replaced) = try await store.write { database in
                try Self.requireBucket(database, draft.bucket)
                let existing = try ObjectRecord.find(database, bucket: draft.bucket, name: draft.name)
                try preconditions.check(existing)
                let generation = try DurableCounter.generation.next(database, now: now)
                let object = draft.record(generation: generation, now: now)
                try object.save(database)
                try along?(database, object)
                try outbox.add(.object(.finalized, object, baseURL: baseURL, at: now), database)
                return (object, existing)
            }
            if let replaced { files.blobs.remove(replaced.blob) }
            return object
        } catch {
            files.blobs.remove(draft.blob)
            throw error
        }
    }
}

/// An object that is about to be there.
struct ObjectDraft: Sendable {
    let bucket: String
    let name: String
    let blob: String
    let size: Int64
    let crc32c: CRC32C
    let md5: [UInt8]?
    var componentCount: Int?
    let attributes: ObjectAttributes

    /// The object with its generation.
    func record(generation: Int64, now: Timestamp) -> ObjectRecord {
        ObjectRecord(
            bucket: bucket,
            name: name,
            generation: generation,
            metageneration: 1,
            blob: blob,
            size: size,
            crc32c: crc32c,
            md5: md5,
            componentCount: componentCount,
            attributes: attributes,
            created: now,
            updated: now
        )
    }
}

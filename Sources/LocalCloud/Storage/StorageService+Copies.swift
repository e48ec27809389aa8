import GRDB
import Wire

extension StorageService {
    /// An object's place.
    typealias Place = (bucket: String, name: String)

    /// Copies without moving bytes; the client's `rewriteToken` is passed over, since the first call is the last.
    func copy(
        _ request: ServerRequest,
        _ source: Place,
        to target: Place,
        isRewrite: Bool
    ) async throws -> ServerResponse {
        let body = try await request.json()
        let sourcePreconditions = try ObjectPreconditions(request.query, prefix: "ifSource")
        let preconditions = try ObjectPreconditions(request.query)
        try ObjectName.check(target.name)
        let (sourceBucket, sourceName) = source
        let (original, blob) = try await holding {
            try await store.read { database in
                try Self.require(
                    database,
                    bucket: sourceBucket,
                    name: sourceName,
                    generation: request.query["sourceGeneration"]
                )
            }
        }
        do {
            try sourcePreconditions.check(original)
        } catch {
            files.blobs.remove(blob)
            throw error
        }
        var attributes = original.attributes
        if case .object(let members) = body.value, !members.isEmpty {
            attributes = try ObjectAttributes(body)
            if attributes.contentType == nil { attributes.contentType = original.attributes.contentType }
        }
        let draft = ObjectDraft(
            bucket: target.bucket,
            name: target.name,
            blob: blob,
            size: original.size,
            crc32c: original.crc32c,
            md5: original.md5,
            componentCount: original.componentCount,
            attributes: attributes
        )
        let object = try await create(draft, preconditions: preconditions, baseURL: request.baseURL)
        let resource = object.resource(baseURL: request.baseURL)
        guard isRewrite else { return .json(resource) }
        return .json(
            [
                "kind": "storage#rewriteResponse", "totalBytesRewritten": .string(String(object.size)),
                "objectSize": .string(String(object.size)), "done": true, "resource": resource,
            ]
        )
    }

    /// An object with a second link to its bytes, looked up again where it was replaced in between.
    private func holding(
        _ find: @Sendable () async throws -> ObjectRecord
    ) async throws -> (ObjectRecord, blob: String) {
        let object = try await find()
        let files = files
        do {
            return (object, try await Blocking.run { try files.duplicate(blob: object.blob) })
        } catch is FileError {
            let object = try await find()
            return (object, try await Blocking.run { try files.duplicate(blob: object.blob) })
        }
    }

    /// Joins up to 32 objects of a bucket into one (https://cloud.google.com/storage/docs/composite-objects).
    func compose(_ request: ServerRequest, bucket: String, name: String) async throws -> ServerResponse {
        let body = try await request.json()
        let preconditions = try ObjectPreconditions(request.query)
        try ObjectName.check(name)
        let sources = try Self.composeSources(body)
        let attributes = try ObjectAttributes(body["destination"].optional ?? JSONReader([:]))
        let objects = try await store.read { database in
            try sources.map { source in
                let object = try Self.require(
                    database,
                    bucket: bucket,
                    name: source.name,
                    generation: source.generation
                )
                guard source.generationMatch == nil || source.generationMatch == object.generation else {
                    throw StorageError.conditionNotMet
                }
                return object
            }
        }
        let files = files
        let (blob, progress) = try await Blocking.run { try files.join(objects.map(\.blob)) }
        let draft = ObjectDraft(
            bucket: bucket,
            name: name,
            blob: blob,
            size: progress.size,
            crc32c: progress.crc32c,
            md5: nil,
            componentCount: objects.reduce(0) { $0 + ($1.componentCount ?? 1) },
            attributes: attributes
        )
        let object = try await create(draft, preconditions: preconditions, baseURL: request.baseURL)
        return .json(object.resource(baseURL: request.baseURL))
    }

    private struct ComposeSource: Sendable {
        let name: String
        let generation: String?
        let generationMatch: Int64?
    }

    private static func composeSources(_ body: JSONReader) throws -> [ComposeSource] {
        do {
            let sources = try body["sourceObjects"].array()
            guard (1...LocalCloudLimits.composeSourcesMax).contains(sources.count) else {
                throw StorageError.invalid(
                    "The number of source components provided (\(sources.count)) is not 1 to "
                        + "\(LocalCloudLimits.composeSourcesMax)"
                )
            }
            return try sources.map { source in
                ComposeSource(
                    name: try source["name"].string(),
                    generation: try int64(source["generation"]).map { String($0) },
                    generationMatch: try int64(source["objectPreconditions"]["ifGenerationMatch"])
                )
            }
        } catch let error as JSONTypeError {
            throw StorageError.invalid("\(error)")
        }
    }

    /// A 64-bit integer, which ProtoJSON writes as text and takes as a number too.
    private static func int64(_ reader: JSONReader) throws(JSONTypeError) -> Int64? {
        switch reader.value {
        case .null: return nil
        case .integer(let number): return number
        default:
            guard let number = Int64(try reader.string()) else { throw reader.mismatch("a 64-bit integer") }
            return number
        }
    }
}

extension BlobFolder {
    /// A new, durable blob with the bytes of others, one behind the other.
    func join(_ ids: [String]) throws -> (blob: String, UploadProgress) {
        let (upload, file) = try createUpload()
        defer { uploads.remove(upload) }
        var sink = UploadSink(file: file)
        for id in ids {
            let source = try OpenFile.read(blobs.path(of: id))
            var offset: Int64 = 0
            while true {
                let bytes = try source.read(at: offset, count: LocalCloudLimits.downloadChunkBytes)
                guard !bytes.isEmpty else { break }
                try sink.append(bytes[...])
                offset += Int64(bytes.count)
            }
        }
        try file.sync()
        return (try publish(upload: upload), sink.progress)
    }
}

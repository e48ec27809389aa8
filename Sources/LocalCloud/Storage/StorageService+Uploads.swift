import Wire

extension StorageService {
    func respondUpload(_ request: ServerRequest, bucket: String) async throws -> ServerResponse {
        if let id = request.query["upload_id"] {
            switch request.method {
            case "PUT", "POST": return try await resume(request, bucket: bucket, id: id)
            case "DELETE": return try await cancel(bucket: bucket, id: id)
            default: throw Self.methodNotAllowed(request)
            }
        }
        guard request.method == "POST" else { throw Self.methodNotAllowed(request) }
        switch request.query["uploadType"] {
        case "media": return try await insertMedia(request, bucket: bucket)
        case "multipart": return try await insertMultipart(request, bucket: bucket)
        case "resumable": return try await begin(request, bucket: bucket)
        default: throw StorageError.invalid("uploadType is media, multipart or resumable")
        }
    }

    private func insertMedia(_ request: ServerRequest, bucket: String) async throws -> ServerResponse {
        let order = try UploadOrder(
            bucket: bucket,
            resource: JSONReader([:]),
            request: request,
            contentType: request.headers["content-type"]
        )
        return try await receive(request.body, for: order, request)
    }

    private func insertMultipart(_ request: ServerRequest, bucket: String) async throws -> ServerResponse {
        let parts = try MultipartReader(request.body, contentType: request.headers["content-type"] ?? "")
        let head = try await parts.head()
        let order = try UploadOrder(
            bucket: bucket,
            resource: head.resource,
            request: request,
            contentType: head.contentType
        )
        return try await receive(parts, for: order, request)
    }

    /// Takes all bytes of an object in one go.
    private func receive(
        _ body: any ByteStream,
        for order: UploadOrder,
        _ request: ServerRequest
    ) async throws -> ServerResponse {
        _ = try await store.read { try Self.requireBucket($0, order.bucket) }
        let (id, file) = try files.createUpload()
        defer { files.uploads.remove(id) }
        var sink = UploadSink(file: file)
        while let bytes = try await body.next() { try sink.append(bytes[...]) }
        let object = try await finish(sink, upload: id, order, baseURL: request.baseURL, session: nil)
        return .json(object.resource(baseURL: request.baseURL))
    }

    /// Checks the bytes and makes the object: file to disk, then its name, then the database.
    ///
    /// - Throws: ``StorageError``: 400 for hashes that differ, 412.
    func finish(
        _ sink: UploadSink,
        upload id: String,
        _ order: UploadOrder,
        baseURL: String,
        session: UploadSession?
    ) async throws -> ObjectRecord {
        let progress = sink.progress
        try order.declared.check(progress)
        let files = files
        let blob = try await Blocking.run {
            try sink.file.sync()
            return try files.publish(upload: id)
        }
        let draft = ObjectDraft(
            bucket: order.bucket,
            name: order.name,
            blob: blob,
            size: progress.size,
            crc32c: progress.crc32c,
            md5: progress.md5.digest,
            attributes: order.attributes
        )
        return try await create(draft, preconditions: order.preconditions, baseURL: baseURL) { database, object in
            guard var session else { return }
            session.result = object.resource(baseURL: baseURL)
            try session.save(database)
        }
    }
}

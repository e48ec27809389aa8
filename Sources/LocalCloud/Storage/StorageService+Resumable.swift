import Wire

/// Resumable uploads (https://cloud.google.com/storage/docs/resumable-uploads): they go on behind a broken connection
/// and behind a restart, from the last durable multiple of 256 KiB.
extension StorageService {
    /// Opens an upload and tells its URL.
    func begin(_ request: ServerRequest, bucket: String) async throws -> ServerResponse {
        let order = try UploadOrder(
            bucket: bucket,
            resource: try await request.json(),
            request: request,
            contentType: request.headers["x-upload-content-type"]
        ).bound(to: request.headers["x-upload-content-length"])
        let (id, _) = try files.createUpload()
        let session = UploadSession(id: id, order: order, created: clock.now().truncatedToMicroseconds)
        let files = files
        try await Blocking.run { try files.uploads.sync() }
        do {
            try await store.write { database in
                try Self.requireBucket(database, bucket)
                try order.preconditions.check(
                    try ObjectRecord.find(database, bucket: bucket, name: order.name)
                )
                try session.save(database)
            }
        } catch {
            files.uploads.remove(id)
            throw error
        }
        let location =
            "\(request.baseURL)/upload/storage/v1/b/\(PercentEncoding.encode(bucket))/o?uploadType=resumable"
            + "&name=\(PercentEncoding.encode(order.name))&upload_id=\(id)"
        return ServerResponse(status: 200, headers: ["location": location, "x-guploader-uploadid": id])
    }

    /// Gives an upload up; 499 is the service's word for it.
    func cancel(bucket: String, id: String) async throws -> ServerResponse {
        _ = try await session(bucket: bucket, id: id)
        let lease = try leases.take(id)
        try await store.write { database in
            try lease.perform {
                guard let session = try UploadSession.find(database, id: id) else { throw Self.noUpload }
                try session.delete(database)
            }
        }
        leases.end(id)
        files.uploads.remove(id)
        return ServerResponse(status: 499)
    }

    /// Takes the next bytes of an upload, or tells how far it is.
    func resume(_ request: ServerRequest, bucket: String, id: String) async throws -> ServerResponse {
        var range: ContentRange?
        if let header = request.headers["content-range"] {
            guard let parsed = ContentRange(header) else {
                throw StorageError.invalid("Failed to parse Content-Range header: \(header)")
            }
            range = parsed
        }
        if let count = range?.count, let length = request.contentLength, length != count { throw Self.wrongLength }
        let session = try await session(bucket: bucket, id: id)
        if let result = session.result { return .json(result) }
        // A total that is wrong stays wrong: the upload can be ended only as what it was begun for.
        let ends = [range?.total, range?.end.map { $0 + 1 }].compactMap(\.self)
        for end in ends { try session.order.declared.check(end: end) }
        if let range, range.start == nil, range.total != session.persisted.size {
            return incomplete(session.persisted)
        }
        return try await take(request, range, id: id, bucket: bucket)
    }

    private static let noUpload = StorageError(
        status: 404,
        reason: .notFound,
        message: "No such upload; it was never begun, was cancelled or has failed. Begin it again."
    )

    fileprivate static let wrongLength = StorageError.invalid("the body is not as long as Content-Range says")

    private func session(bucket: String, id: String) async throws -> UploadSession {
        // A write, to stand behind a checkpoint that is on its way.
        let session = try await store.write { try UploadSession.find($0, id: id) }
        guard let session, session.order.bucket == bucket else { throw Self.noUpload }
        guard clock.now() - session.created < .seconds(LocalCloudLimits.uploadSeconds) else {
            throw StorageError(status: 410, reason: .notFound, message: "The upload has expired. Begin it again.")
        }
        return session
    }

    private func incomplete(_ progress: UploadProgress) -> ServerResponse {
        ServerResponse(
            status: 308,
            headers: progress.size == 0 ? [:] : ["range": "bytes=0-\(progress.size - 1)"]
        )
    }

    private func take(
        _ request: ServerRequest,
        _ range: ContentRange?,
        id: String,
        bucket: String
    ) async throws -> ServerResponse {
        let lease = try leases.take(id)
        let session = try await session(bucket: bucket, id: id)
        if let result = session.result { return .json(result) }
        let start = range.map { $0.start ?? session.persisted.size } ?? 0
        guard start <= session.persisted.size else {
            throw StorageError(
                status: 503,
                reason: .backendError,
                message: "Invalid request.  According to the Content-Range header, the upload offset is \(start) "
                    + "byte(s), which exceeds already uploaded size of \(session.persisted.size) byte(s)."
            )
        }
        let file = try OpenFile.resume(files.uploads.path(of: id))
        try lease.perform { try file.truncate(to: session.persisted.size) }
        var intake = UploadIntake(session: session, lease: lease, file: file, store: store)
        do {
            try await intake.take(request.body, from: start, to: range?.end)
        } catch {
            try? await intake.checkpoint()
            throw error
        }
        let size = intake.sink.progress.size
        guard range?.end.map({ $0 + 1 == size }) ?? true else {
            try await intake.checkpoint()
            throw Self.wrongLength
        }
        guard range == nil || range?.total == size else {
            try await intake.checkpoint()
            return incomplete(intake.sink.resumable)
        }
        return try await complete(intake, request)
    }

    private func complete(_ intake: UploadIntake, _ request: ServerRequest) async throws -> ServerResponse {
        let id = intake.session.id
        // The object will be this very file: whoever came now would cut it short.
        try intake.lease.finish()
        do {
            var order = intake.session.order
            order.declared = try order.declared.merging(headers: request.headers)
            let object = try await finish(
                intake.sink,
                upload: id,
                order,
                baseURL: request.baseURL,
                session: intake.session
            )
            leases.end(id)
            files.uploads.remove(id)
            return .json(object.resource(baseURL: request.baseURL))
        } catch let error as StorageError {
            // Bytes or preconditions that are wrong stay wrong.
            defer { leases.end(id) }
            try await store.write { try intake.session.delete($0) }
            files.uploads.remove(id)
            throw error
        } catch {
            leases.end(id)
            throw error
        }
    }
}

/// One request's bytes on their way into an upload.
struct UploadIntake: Sendable {
    let session: UploadSession
    let lease: UploadLeases.Lease
    let store: Store
    private(set) var sink: UploadSink
    private var checkpointed: Int64

    /// Goes on where the session is.
    init(session: UploadSession, lease: UploadLeases.Lease, file: OpenFile, store: Store) {
        self.session = session
        self.lease = lease
        self.store = store
        sink = UploadSink(file: file, progress: session.persisted)
        checkpointed = session.persisted.size
    }

    /// Takes a body whose first byte stands at an offset; what is there already is passed over.
    ///
    /// - Parameter end: the offset of its last byte, where it is known.
    /// - Throws: ``StorageError`` (400) where the body goes on behind its end; nothing of that is taken.
    mutating func take(_ body: any ByteStream, from start: Int64, to end: Int64?) async throws {
        var offset = start
        while let bytes = try await body.next() {
            if let end, offset + Int64(bytes.count) > end + 1 { throw StorageService.wrongLength }
            let known = min(max(0, sink.progress.size - offset), Int64(bytes.count))
            offset += Int64(bytes.count)
            try session.order.declared.check(end: offset)
            let lease = lease
            try lease.perform { try sink.append(bytes[Int(known)...]) }
            if sink.resumable.size - checkpointed >= LocalCloudLimits.uploadCheckpointBytes { try await checkpoint() }
        }
    }

    /// Makes what came durable, down to a multiple of 256 KiB.
    mutating func checkpoint() async throws {
        guard sink.resumable.size > checkpointed else { return }
        let file = sink.file
        try await Blocking.run { try file.sync() }
        var session = session
        session.persisted = sink.resumable
        let (lease, saved) = (lease, session)
        try await store.write { database in try lease.perform { try saved.save(database) } }
        checkpointed = sink.resumable.size
    }
}

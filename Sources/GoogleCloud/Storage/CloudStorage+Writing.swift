public import SignalboxCore
import Wire

extension CloudStorage {
    /// Writes a whole object: small ones in one request, others in parts. The checksum goes ahead of the bytes, so the
    /// service refuses what was damaged on the way.
    public func write(
        _ name: ObjectName,
        _ body: ObjectBody,
        contentType: String,
        metadata: [String: String],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        let crc32c = try await checksum(of: body, name)
        let length = body.length
        var resource: [String: JSON] = [
            "name": .string(name.name),
            "contentType": .string(contentType),
            "crc32c": .string(crc32c.base64),
        ]
        if !metadata.isEmpty { resource["metadata"] = .object(metadata.mapValues { .string($0) }) }
        let isOurs = { (present: ObjectMetadata) in
            present.isWork(length: length, crc32c: crc32c, contentType: contentType, metadata: metadata)
        }
        if length <= Int64(partBytes) {
            let bytes = try await bytes(of: body, name)
            let request = multipart(name, .object(resource), bytes, contentType, preconditions)
            return try await self.resource(request, of: name) { present throws(StoreError) in isOurs(present) }
        }
        var upload = ResumableUpload(
            client: client,
            partBytes: partBytes,
            url: uploadURL(name, "resumable", preconditions),
            resource: .object(resource),
            contentType: contentType,
            body: body
        )
        do throws(ServiceError) {
            return try await upload.run()
        } catch {
            return try await resolve(error, of: name) { present throws(StoreError) in isOurs(present) }
        }
    }

    private func uploadURL(_ name: ObjectName, _ type: String, _ preconditions: ObjectPreconditions) -> String {
        var query = Query(preconditions)
        query.add("uploadType", type)
        return "\(endpoint)/upload/storage/v1/b/\(PercentEncoding.encode(name.bucket))/o\(query.text)"
    }

    /// Metadata and bytes in one body (RFC 2387).
    private func multipart(
        _ name: ObjectName,
        _ resource: JSON,
        _ bytes: [UInt8],
        _ contentType: String,
        _ preconditions: ObjectPreconditions
    ) -> HTTPRequest {
        // 128 random bits do not occur in the bytes.
        let boundary = "part-" + Hex.encode(client.context.random.bytes(16))
        var body: [UInt8] = []
        body.reserveCapacity(bytes.count + 1024)
        body += "--\(boundary)\r\nContent-Type: application/json; charset=utf-8\r\n\r\n".utf8
        body += resource.bytes
        body += "\r\n--\(boundary)\r\nContent-Type: \(contentType)\r\n\r\n".utf8
        body += bytes
        body += "\r\n--\(boundary)--\r\n".utf8
        return HTTPRequest(
            method: "POST",
            url: uploadURL(name, "multipart", preconditions),
            headers: ["Content-Type": "multipart/related; boundary=\(boundary)"],
            body: .bytes(body)
        )
    }

    private func bytes(of body: ObjectBody, _ name: ObjectName) async throws(StoreError) -> [UInt8] {
        switch body {
        case .bytes(let bytes): return bytes
        case .source(let source):
            do {
                let bytes = try await source.stream(from: 0).collect(bytesMax: partBytes)
                guard Int64(bytes.count) == source.length else { throw SourceError.changed }
                return bytes
            } catch {
                throw SourceError.storeError(error, name)
            }
        }
    }

    private func checksum(of body: ObjectBody, _ name: ObjectName) async throws(StoreError) -> CRC32C {
        switch body {
        case .bytes(let bytes): return CRC32C.checksum(of: bytes)
        case .source(let source):
            do {
                var crc32c = CRC32C()
                var count: Int64 = 0
                let stream = try source.stream(from: 0)
                while let chunk = try await stream.next() {
                    crc32c.update(chunk)
                    count += Int64(chunk.count)
                }
                guard count == source.length else { throw SourceError.changed }
                return crc32c
            } catch {
                throw SourceError.storeError(error, name)
            }
        }
    }
}

/// What is wrong with the bytes that were to be written.
enum SourceError: Error, CustomStringConvertible {
    /// There are more or fewer than the source's length.
    case changed

    var description: String { "the source's length is not what it said: it changed while it was read" }

    static func storeError(_ error: any Error, _ name: ObjectName) -> StoreError {
        if error is CancellationError { return StoreError(.cancelled, "\(name): the call was cancelled") }
        return error as? StoreError ?? StoreError(.invalidArgument, "\(name): \(error)", cause: error)
    }
}

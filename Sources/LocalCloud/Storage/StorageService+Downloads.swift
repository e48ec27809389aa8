import Wire

extension StorageService {
    private static let openAttemptsMax = 5

    /// The bytes, or the part of them that `Range` names, in constant memory.
    func download(_ request: ServerRequest, bucket: String, name: String) async throws -> ServerResponse {
        let (object, file) = try await open(request, bucket: bucket, name: name)
        var headers = object.mediaHeaders
        guard let range = request.headers["range"].flatMap({ ByteRange($0) }) else {
            return ServerResponse(status: 200, headers: headers, body: .file(file, offset: 0, count: object.size))
        }
        guard let bytes = range.resolve(size: object.size) else {
            throw StorageError(
                status: 416,
                reason: .requestedRangeNotSatisfiable,
                message: "The requested range cannot be satisfied.",
                headers: ["content-range": "bytes */\(object.size)"]
            )
        }
        headers["content-range"] = "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(object.size)"
        return ServerResponse(
            status: 206,
            headers: headers,
            body: .file(file, offset: bytes.lowerBound, count: Int64(bytes.count))
        )
    }

    /// The object and its open file. A file that is open stays readable when the object is replaced.
    private func open(
        _ request: ServerRequest,
        bucket: String,
        name: String
    ) async throws -> (ObjectRecord, OpenFile) {
        for _ in 1..<Self.openAttemptsMax {
            let object = try await find(request, bucket: bucket, name: name)
            // Not there where it was replaced between the look-up and the opening.
            if let file = try OpenFile.readIfThere(files.blobs.path(of: object.blob)) { return (object, file) }
        }
        let object = try await find(request, bucket: bucket, name: name)
        return (object, try OpenFile.read(files.blobs.path(of: object.blob)))
    }
}

public import SignalboxCore
import Wire

extension CloudStorage: UploadSessions {
    /// Opens a resumable upload that is bound to size, checksum and generation
    /// (https://cloud.google.com/storage/docs/performing-resumable-uploads#initiate-session): the service refuses the
    /// object at the end where the bytes are others.
    public func begin(_ order: UploadSessionOrder) async throws(StoreError) -> String {
        var query = Query(ObjectPreconditions(generationMatch: order.generationMatch))
        query.add("uploadType", "resumable")
        let resource: JSON = [
            "name": .string(order.name.name),
            "contentType": .string(order.contentType),
            "crc32c": .string(order.crc32c.base64),
        ]
        let bucket = PercentEncoding.encode(order.name.bucket)
        var request = HTTPRequest.json("POST", "\(endpoint)/upload/storage/v1/b/\(bucket)/o\(query.text)", resource)
        request.headers["X-Upload-Content-Type"] = order.contentType
        request.headers["X-Upload-Content-Length"] = String(order.size)
        do throws(ServiceError) {
            return try await client.call(request, .idempotent, accepting: [200, 201]) { response in
                guard let session = response.headers["location"] else {
                    throw ServiceError(code: .unavailable, message: "the service gave no session", isRetriable: true)
                }
                return session
            }.value
        } catch {
            throw error.storeError(order.name.uri)
        }
    }
}

public import SignalboxCore
import Wire

/// Cloud Storage through its JSON API (https://cloud.google.com/storage/docs/json_api/v1).
///
/// What may be repeated is repeated by the policy. A write, copy, compose or patch says all of its result, so it may be
/// carried out twice where no precondition forbids it; a delete that names no generation is repeated only where the
/// first was certainly not carried out.
///
/// An answer that is lost leaves open whether the call was carried out, and its repetition may fail on the precondition
/// that the first attempt itself has broken. After such an attempt the store looks: an object that is what would have
/// been written (bytes by CRC32C and length, media type and custom metadata) counts as written, an object that is gone
/// counts as deleted. All else, and a compose always, is `preconditionFailed`: read again and decide again.
public struct CloudStorage: ObjectStore {
    /// Where Cloud Storage is.
    public static let standardEndpoint = "https://storage.googleapis.com"

    let endpoint: String
    let client: ServiceClient
    /// The bytes of one part of a resumable upload, a multiple of 256 KiB; up to so many go in one request whole.
    let partBytes: Int

    /// Cloud Storage at an endpoint.
    ///
    /// - Parameter credentials: who asks; nil for nobody (public objects, emulators).
    /// - Parameter partBytes: bytes held in memory of an upload; a multiple of 256 KiB.
    public init(
        endpoint: String = standardEndpoint,
        credentials: (any Credentials)?,
        context: ServiceContext,
        partBytes: Int = 8 << 20
    ) {
        precondition(partBytes > 0 && partBytes % ResumableUpload.partBytesUnit == 0, "a multiple of 256 KiB, please")
        self.endpoint = endpoint
        client = ServiceClient(context: context, tokens: credentials.map { TokenSource($0, clock: context.clock) })
        self.partBytes = partBytes
    }

    /// What is known of an object.
    public func metadata(
        of name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        var query = Query(preconditions)
        query.add("generation", generation)
        return try await resource(HTTPRequest(url: url(of: name) + query.text), of: name)
    }

    /// Sets and removes custom metadata.
    public func patch(
        _ name: ObjectName,
        metadata: [String: String?],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        let values = metadata.mapValues { value in value.map { JSON.string($0) } ?? .null }
        let request = HTTPRequest.json(
            "PATCH",
            url(of: name) + Query(preconditions).text,
            ["metadata": .object(values)]
        )
        return try await resource(request, of: name) { present in
            metadata.allSatisfy { present.metadata[$0.key] == $0.value }
                && preconditions.metagenerationMatch.map { present.metageneration == $0 + 1 } ?? true
        }
    }

    /// Deletes an object.
    public func delete(
        _ name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) {
        var query = Query(preconditions)
        query.add("generation", generation)
        let isPinned = generation != nil || preconditions.generationMatch != nil
        do throws(ServiceError) {
            let request = HTTPRequest(method: "DELETE", url: url(of: name) + query.text)
            _ = try await client.call(request, isPinned ? .idempotent : .once, accepting: [200, 204]) { _ in }
        } catch {
            guard error.followsUnknown else { throw error.storeError(name.uri) }
            if error.code == .notFound { return }
            guard error.code == .preconditionFailed, try await metadataIfPresent(of: name) == nil else {
                throw error.storeError(name.uri)
            }
        }
    }

    /// Joins objects of one bucket.
    public func compose(
        _ sources: [String],
        to destination: ObjectName,
        contentType: String,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        guard (1...ObjectLimits.composeSourcesMax).contains(sources.count) else {
            throw StoreError(.invalidArgument, "\(destination): 1 to \(ObjectLimits.composeSourcesMax) sources, please")
        }
        let request = HTTPRequest.json(
            "POST",
            url(of: destination) + "/compose" + Query(preconditions).text,
            [
                "sourceObjects": .array(sources.map { ["name": .string($0)] }),
                "destination": ["contentType": .string(contentType)],
            ]
        )
        return try await resource(request, of: destination)
    }

    /// One page of a bucket's objects.
    public func list(
        bucket: String,
        prefix: String,
        pageToken: String?,
        pageObjectsMax: Int
    ) async throws(StoreError) -> ObjectPage {
        var query = Query()
        if !prefix.isEmpty { query.add("prefix", prefix) }
        query.add("maxResults", Int64(pageObjectsMax))
        query.add("pageToken", pageToken)
        let request = HTTPRequest(url: bucketURL(bucket) + "/o" + query.text)
        do throws(ServiceError) {
            let answer = try await client.json(request, .idempotent).value
            var objects: [ObjectMetadata] = []
            do {
                for item in try answer["items"].optional?.array() ?? [] {
                    objects.append(try ObjectMetadata(resource: item))
                }
                let token = try answer["nextPageToken"].optional?.string()
                return ObjectPage(objects: objects, nextPageToken: token)
            } catch {
                throw ServiceError(error)
            }
        } catch {
            throw error.storeError("gs://\(bucket)/\(prefix)")
        }
    }
}

extension CloudStorage {
    /// Sends a call that may be repeated and is answered with an object's resource.
    ///
    /// - Parameter isOurs: asked after an attempt without an answer whose repetition a precondition refused: whether
    ///   what is there now is that attempt's work.
    func resource(
        _ request: HTTPRequest,
        of name: ObjectName,
        isOurs: ((ObjectMetadata) async throws(StoreError) -> Bool)? = nil
    ) async throws(StoreError) -> ObjectMetadata {
        do throws(ServiceError) {
            let answer = try await client.json(request, .idempotent).value
            do { return try ObjectMetadata(resource: answer) } catch { throw ServiceError(error) }
        } catch {
            return try await resolve(error, of: name, isOurs: isOurs)
        }
    }

    /// What is there, where it is the work of an attempt without an answer; else throws the error.
    func resolve(
        _ error: ServiceError,
        of name: ObjectName,
        isOurs: ((ObjectMetadata) async throws(StoreError) -> Bool)?
    ) async throws(StoreError) -> ObjectMetadata {
        guard error.code == .preconditionFailed, error.followsUnknown, let isOurs,
            let present = try await metadataIfPresent(of: name), try await isOurs(present)
        else { throw error.storeError(name.uri) }
        return present
    }

    func bucketURL(_ bucket: String) -> String { "\(endpoint)/storage/v1/b/\(PercentEncoding.encode(bucket))" }

    func url(of name: ObjectName) -> String { "\(bucketURL(name.bucket))/o/\(PercentEncoding.encode(name.name))" }
}

import Wire

/// Objects in buckets, as Cloud Storage keeps them: strongly consistent, each write a new generation
/// (https://cloud.google.com/storage/docs/json_api/v1/objects).
///
/// All calls throw ``StoreError`` with a closed code; a conforming store retries by itself what may be retried.
public protocol ObjectStore: Sendable {
    /// What is known of an object, of its live generation unless one is named.
    ///
    /// - Throws: `notFound`, `preconditionFailed`.
    func metadata(
        of name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata

    /// The bytes of an object, pulled by the reader. A whole object's CRC32C is checked at its end.
    ///
    /// - Parameter range: the first byte and the byte after the last; nil for all. An end beyond the object is cut.
    /// - Throws: `notFound`, `preconditionFailed`, `outOfRange`; the body throws `dataLoss` where the checksum differs.
    func read(
        _ name: ObjectName,
        generation: Int64?,
        range: Range<Int64>?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectContent

    /// Writes a whole object: readers see the old generation or the new one, never a part.
    ///
    /// - Throws: `preconditionFailed`.
    func write(
        _ name: ObjectName,
        _ body: ObjectBody,
        contentType: String,
        metadata: [String: String],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata

    /// One page of a bucket's objects by name.
    func list(
        bucket: String,
        prefix: String,
        pageToken: String?,
        pageObjectsMax: Int
    ) async throws(StoreError) -> ObjectPage

    /// Sets and removes (nil) custom metadata; the other keys stay.
    ///
    /// - Throws: `notFound`, `preconditionFailed`.
    func patch(
        _ name: ObjectName,
        metadata: [String: String?],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata

    /// Copies on the server, pinned to the source's generation where one is named; the metadata goes with it.
    ///
    /// - Parameter preconditions: of the destination.
    /// - Throws: `notFound`, `preconditionFailed`.
    func copy(
        _ source: ObjectName,
        generation: Int64?,
        to destination: ObjectName,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata

    /// Joins 1 to ``ObjectLimits/composeSourcesMax`` objects of one bucket into one.
    ///
    /// - Throws: `notFound`, `preconditionFailed`.
    func compose(
        _ sources: [String],
        to destination: ObjectName,
        contentType: String,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata

    /// Deletes an object.
    ///
    /// - Throws: `notFound`, `preconditionFailed`.
    func delete(
        _ name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError)
}

/// Limits of Cloud Storage (https://cloud.google.com/storage/quotas).
public enum ObjectLimits {
    /// Sources of one compose.
    public static let composeSourcesMax = 32
    /// Objects of one page of a list.
    public static let pageObjectsMax = 1000
}

extension ObjectStore {
    /// What is known of the live generation.
    public func metadata(of name: ObjectName) async throws(StoreError) -> ObjectMetadata {
        try await metadata(of: name, generation: nil, if: .none)
    }

    /// What is known of the live generation; nil where there is no such object.
    public func metadataIfPresent(of name: ObjectName) async throws(StoreError) -> ObjectMetadata? {
        do {
            return try await metadata(of: name)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// All bytes of an object.
    ///
    /// - Throws: `tooLarge` beyond `bytesMax`.
    public func bytes(
        of name: ObjectName,
        generation: Int64? = nil,
        bytesMax: Int
    ) async throws(StoreError) -> (bytes: [UInt8], metadata: ObjectMetadata) {
        let content = try await read(name, generation: generation, range: nil, if: .none)
        guard content.metadata.size <= Int64(bytesMax) else {
            throw StoreError(.tooLarge, "\(name) has \(content.metadata.size) bytes, more than \(bytesMax)")
        }
        do {
            return (try await content.body.collect(bytesMax: bytesMax), content.metadata)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unavailable, "\(name): \(error)", cause: error)
        }
    }

    /// Every object under a prefix, page after page, `objectsMax` at most.
    public func listAll(
        bucket: String,
        prefix: String,
        objectsMax: Int = 1_000_000
    ) async throws(StoreError) -> [ObjectMetadata] {
        var objects: [ObjectMetadata] = []
        var token: String?
        repeat {
            let page = try await list(
                bucket: bucket,
                prefix: prefix,
                pageToken: token,
                pageObjectsMax: ObjectLimits.pageObjectsMax
            )
            objects += page.objects
            token = page.nextPageToken
            guard objects.count <= objectsMax else {
                throw StoreError(.tooLarge, "gs://\(bucket)/\(prefix) holds more than \(objectsMax) objects")
            }
        } while token != nil
        return objects
    }

    /// Writes an object that must not be there yet; an object of the same bytes counts as written.
    ///
    /// - Throws: `alreadyExists` where other bytes are there.
    public func create(
        _ name: ObjectName,
        _ bytes: [UInt8],
        contentType: String,
        metadata: [String: String] = [:]
    ) async throws(StoreError) -> ObjectMetadata {
        do {
            return try await write(
                name,
                .bytes(bytes),
                contentType: contentType,
                metadata: metadata,
                if: .doesNotExist
            )
        } catch  where error.code == .preconditionFailed {
            let present = try await self.metadata(of: name)
            guard present.size == Int64(bytes.count), present.crc32c == CRC32C.checksum(of: bytes) else {
                throw StoreError(.alreadyExists, "\(name) exists with other bytes", cause: error)
            }
            return present
        }
    }
}

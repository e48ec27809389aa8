import SignalboxCore
import SignalboxTesting
import Wire

/// Replaces an object at the moment somebody reads it by its generation.
struct ReplacingStore: ObjectStore {
    let base: MemoryObjectStore
    let replacing: ObjectName

    func metadata(
        of name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await base.metadata(of: name, generation: generation, if: preconditions)
    }

    func read(
        _ name: ObjectName,
        generation: Int64?,
        range: Range<Int64>?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectContent {
        if name == replacing {
            _ = try await base.write(name, .bytes([0]), contentType: "text/plain", metadata: [:], if: .none)
        }
        return try await base.read(name, generation: generation, range: range, if: preconditions)
    }

    func write(
        _ name: ObjectName,
        _ body: ObjectBody,
        contentType: String,
        metadata: [String: String],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await base.write(name, body, contentType: contentType, metadata: metadata, if: preconditions)
    }

    func list(
        bucket: String,
        prefix: String,
        pageToken: String?,
        pageObjectsMax: Int
    ) async throws(StoreError) -> ObjectPage {
        try await base.list(bucket: bucket, prefix: prefix, pageToken: pageToken, pageObjectsMax: pageObjectsMax)
    }

    func patch(
        _ name: ObjectName,
        metadata: [String: String?],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await base.patch(name, metadata: metadata, if: preconditions)
    }

    func copy(
        _ source: ObjectName,
        generation: Int64?,
        to destination: ObjectName,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await base.copy(source, generation: generation, to: destination, if: preconditions)
    }

    func compose(
        _ sources: [String],
        to destination: ObjectName,
        contentType: String,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await base.compose(sources, to: destination, contentType: contentType, if: preconditions)
    }

    func delete(
        _ name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) {
        try await base.delete(name, generation: generation, if: preconditions)
    }
}

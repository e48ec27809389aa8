import SignalboxCore
import SignalboxTesting
import Synchronization
import Wire

/// A memory store that tells a test of every read and copy before it takes place, and may hand on another body.
struct ObservedObjects: ObjectStore {
    /// What is about to happen.
    enum Call: Sendable, Equatable {
        case read(ObjectName)
        case copy(ObjectName)
    }

    let base: MemoryObjectStore
    var before: @Sendable (Call) async throws(StoreError) -> Void = { _ in }
    var body: @Sendable (ObjectName, any ByteStream) -> any ByteStream = { $1 }

    /// Changes an object right before the n-th call of a kind; later ones find what is there then.
    static func replacing(
        _ name: ObjectName,
        with bytes: [UInt8],
        beforeCall number: Int,
        _ call: Call,
        of base: MemoryObjectStore
    ) -> ObservedObjects {
        let count = Mutex(0)
        return ObservedObjects(base: base) { found throws(StoreError) in
            guard found == call,
                count.withLock({
                    $0 += 1; return $0 == number
                })
            else { return }
            _ = try await base.write(name, .bytes(bytes), contentType: "text/plain", metadata: [:], if: .none)
        }
    }

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
        try await before(.read(name))
        let content = try await base.read(name, generation: generation, range: range, if: preconditions)
        return ObjectContent(metadata: content.metadata, body: body(name, content.body))
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
        try await before(.copy(source))
        return try await base.copy(source, generation: generation, to: destination, if: preconditions)
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

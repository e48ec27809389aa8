import SignalboxCore
import SignalboxTesting
import Synchronization
import Wire

/// A store in memory that tells a test of its calls, and lets it hold them up or answer otherwise.
final class HookedStore: ObjectStore {
    /// A call: `read`, `write` or `list`, and the object's name or the prefix.
    typealias Hook = @Sendable (_ operation: String, _ name: String) async throws(StoreError) -> Void

    private let base: MemoryObjectStore
    private let willCall: Hook
    private let didWrite: @Sendable (_ name: String) -> Void
    private let alter: @Sendable (_ name: String, _ bytes: [UInt8]) -> [UInt8]
    private let written = Mutex<[String]>([])

    /// - Parameters:
    ///   - willCall: before a call is made.
    ///   - didWrite: once an object was written.
    ///   - alter: makes what is read of what was written.
    init(
        _ base: MemoryObjectStore,
        willCall: @escaping Hook = { (_, _) async throws(StoreError) in },
        didWrite: @escaping @Sendable (_ name: String) -> Void = { _ in },
        alter: @escaping @Sendable (_ name: String, _ bytes: [UInt8]) -> [UInt8] = { $1 }
    ) {
        self.base = base
        self.willCall = willCall
        self.didWrite = didWrite
        self.alter = alter
    }

    /// The names of what was written, in that order.
    var writes: [String] { written.withLock { $0 } }

    /// Waits for somebody to cancel it.
    static func hang() async throws(StoreError) {
        do { try await Task.sleep(for: .seconds(600)) } catch { throw StoreError(.cancelled, "cut off") }
        throw StoreError(.permissionDenied, "nobody cut it off")
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
        try await willCall("read", name.name)
        let content = try await base.read(name, generation: generation, range: range, if: preconditions)
        guard let bytes = try? await content.body.collect(bytesMax: 1 << 30) else { return content }
        return ObjectContent(metadata: content.metadata, body: BytesStream(alter(name.name, bytes)))
    }

    func write(
        _ name: ObjectName,
        _ body: ObjectBody,
        contentType: String,
        metadata: [String: String],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await willCall("write", name.name)
        let stored = try await base.write(
            name,
            body,
            contentType: contentType,
            metadata: metadata,
            if: preconditions
        )
        written.withLock { $0.append(name.name) }
        didWrite(name.name)
        return stored
    }

    func list(
        bucket: String,
        prefix: String,
        pageToken: String?,
        pageObjectsMax: Int
    ) async throws(StoreError) -> ObjectPage {
        try await willCall("list", prefix)
        return try await base.list(
            bucket: bucket,
            prefix: prefix,
            pageToken: pageToken,
            pageObjectsMax: pageObjectsMax
        )
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

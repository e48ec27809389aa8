public import SignalboxCore
import Synchronization
public import Wire

/// A store in memory that tells a test of its calls, and lets it hold them up or answer otherwise.
public final class ObservedObjectStore: ObjectStore, Sendable {
    /// A call that is about to be made.
    public enum Call: Sendable, Equatable {
        /// Of an object's description.
        case describe(ObjectName)
        /// Of an object's bytes.
        case read(ObjectName)
        /// Of a whole object.
        case write(ObjectName)
        /// Of what is copied from there.
        case copy(ObjectName)
        /// That removes an object.
        case delete(ObjectName)
        /// Of a page of names.
        case list(prefix: String)
    }

    private let base: MemoryObjectStore
    private let willCall: @Sendable (Call) async throws(StoreError) -> Void
    private let didWrite: @Sendable (_ name: String) -> Void
    private let alter: @Sendable (ObjectName, any ByteStream) async -> any ByteStream
    private let written = Mutex<[String]>([])

    /// Tells of the calls of a store.
    ///
    /// - Parameters:
    ///   - willCall: before a call is made.
    ///   - didWrite: once an object was written.
    ///   - alter: makes what is read of what was written.
    public init(
        _ base: MemoryObjectStore,
        willCall: @escaping @Sendable (Call) async throws(StoreError) -> Void = { (_) async throws(StoreError) in },
        didWrite: @escaping @Sendable (_ name: String) -> Void = { _ in },
        alter: @escaping @Sendable (ObjectName, any ByteStream) async -> any ByteStream = { $1 }
    ) {
        self.base = base
        self.willCall = willCall
        self.didWrite = didWrite
        self.alter = alter
    }

    /// A store in which an object is changed right before the n-th call of a kind; later ones find what is there then.
    public convenience init(
        _ base: MemoryObjectStore,
        replacing name: ObjectName,
        with bytes: [UInt8],
        beforeCall number: Int,
        _ call: Call
    ) {
        let count = Mutex(0)
        self.init(
            base,
            willCall: { (found: Call) async throws(StoreError) in
                guard found == call else { return }
                let reached = count.withLock { count in
                    count += 1
                    return count
                }
                guard reached == number else { return }
                _ = try await base.write(name, .bytes(bytes), contentType: "text/plain", metadata: [:], if: .none)
            }
        )
    }

    /// The names of what was written, in that order.
    public var writes: [String] { written.withLock { $0 } }

    /// Waits for somebody to cancel it.
    public static func hang() async throws(StoreError) {
        do { try await Task.sleep(for: .seconds(600)) } catch { throw StoreError(.cancelled, "cut off") }
        throw StoreError(.permissionDenied, "nobody cut it off")
    }

    /// Tells of the look.
    public func metadata(
        of name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await willCall(.describe(name))
        return try await base.metadata(of: name, generation: generation, if: preconditions)
    }

    /// Tells of the read, and hands its body on as the test has it.
    public func read(
        _ name: ObjectName,
        generation: Int64?,
        range: Range<Int64>?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectContent {
        try await willCall(.read(name))
        let content = try await base.read(name, generation: generation, range: range, if: preconditions)
        return ObjectContent(metadata: content.metadata, body: await alter(name, content.body))
    }

    /// Tells of the write before and after it.
    public func write(
        _ name: ObjectName,
        _ body: ObjectBody,
        contentType: String,
        metadata: [String: String],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await willCall(.write(name))
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

    /// Tells of the page.
    public func list(
        bucket: String,
        prefix: String,
        pageToken: String?,
        pageObjectsMax: Int
    ) async throws(StoreError) -> ObjectPage {
        try await willCall(.list(prefix: prefix))
        return try await base.list(
            bucket: bucket,
            prefix: prefix,
            pageToken: pageToken,
            pageObjectsMax: pageObjectsMax
        )
    }

    /// Changes metadata, untold.
    public func patch(
        _ name: ObjectName,
        metadata: [String: String?],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await base.patch(name, metadata: metadata, if: preconditions)
    }

    /// Tells of the copy.
    public func copy(
        _ source: ObjectName,
        generation: Int64?,
        to destination: ObjectName,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await willCall(.copy(source))
        return try await base.copy(source, generation: generation, to: destination, if: preconditions)
    }

    /// Joins objects, untold.
    public func compose(
        _ sources: [String],
        to destination: ObjectName,
        contentType: String,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await base.compose(sources, to: destination, contentType: contentType, if: preconditions)
    }

    /// Tells of the removal.
    public func delete(
        _ name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) {
        try await willCall(.delete(name))
        try await base.delete(name, generation: generation, if: preconditions)
    }
}

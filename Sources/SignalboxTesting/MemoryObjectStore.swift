import Synchronization
public import SignalboxCore
public import Wire

/// Objects in memory, with Cloud Storage's rules; keeps the live generation only.
public final class MemoryObjectStore: ObjectStore, Sendable {
    private struct Stored {
        var metadata: ObjectMetadata
        var bytes: [UInt8]
    }

    private struct State {
        var objects: [ObjectName: Stored] = [:]
        var lastGeneration: Int64 = 1_000_000
    }

    private let state = Mutex(State())
    private let clock: any Clock
    private let faults: FaultPlan

    /// An empty store; buckets are there as soon as they are named.
    public init(clock: any Clock, faults: FaultPlan = .none) {
        self.clock = clock
        self.faults = faults
    }

    /// The names of all objects, sorted.
    public var names: [String] { state.withLock { $0.objects.keys.map(\.uri).sorted() } }

    /// See the protocol.
    public func metadata(
        of name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await faults.run("metadata") { () throws(StoreError) in
            try access { state throws(StoreError) in
                try Self.find(name, generation, preconditions, in: state).metadata
            }
        }
    }

    /// See the protocol.
    public func read(
        _ name: ObjectName,
        generation: Int64?,
        range: Range<Int64>?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectContent {
        try await faults.run("read") { () throws(StoreError) in
            let stored = try access { state throws(StoreError) in
                try Self.find(name, generation, preconditions, in: state)
            }
            guard let range else { return ObjectContent(metadata: stored.metadata, body: BytesStream(stored.bytes)) }
            guard range.lowerBound >= 0, range.lowerBound < stored.metadata.size else {
                throw StoreError(.outOfRange, "\(name) has \(stored.metadata.size) bytes")
            }
            let end = min(range.upperBound, stored.metadata.size)
            let bytes = Array(stored.bytes[Int(range.lowerBound)..<Int(end)])
            return ObjectContent(metadata: stored.metadata, body: BytesStream(bytes))
        }
    }

    /// See the protocol.
    public func write(
        _ name: ObjectName,
        _ body: ObjectBody,
        contentType: String,
        metadata: [String: String],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await faults.run("write") { () throws(StoreError) in
            let bytes: [UInt8]
            switch body {
            case .bytes(let all): bytes = all
            case .source(let source):
                do {
                    bytes = try await source.stream(from: 0).collect(bytesMax: Int(source.length))
                } catch {
                    throw StoreError(.invalidArgument, "the source of \(name) failed: \(error)", cause: error)
                }
            }
            let draft = ObjectDraft(name: name, bytes: bytes, contentType: contentType, metadata: metadata)
            return try access { state throws(StoreError) in try store(draft, preconditions, &state) }
        }
    }

    /// See the protocol.
    public func list(
        bucket: String,
        prefix: String,
        pageToken: String?,
        pageObjectsMax: Int
    ) async throws(StoreError) -> ObjectPage {
        try await faults.run("list") { () throws(StoreError) in
            let matching = state.withLock { state in
                state.objects.values.map(\.metadata).filter {
                    $0.name.bucket == bucket && $0.name.name.hasPrefix(prefix) && $0.name.name > (pageToken ?? "")
                }.sorted { $0.name.name < $1.name.name }
            }
            let page = Array(matching.prefix(pageObjectsMax))
            return ObjectPage(objects: page, nextPageToken: page.count < matching.count ? page.last?.name.name : nil)
        }
    }

    /// See the protocol.
    public func patch(
        _ name: ObjectName,
        metadata: [String: String?],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await faults.run("patch") { () throws(StoreError) in
            try access { state throws(StoreError) in
                var stored = try Self.find(name, nil, preconditions, in: state)
                for (key, value) in metadata { stored.metadata.metadata[key] = value }
                stored.metadata.metageneration += 1
                stored.metadata.updated = clock.now()
                state.objects[name] = stored
                return stored.metadata
            }
        }
    }

    /// See the protocol.
    public func copy(
        _ source: ObjectName,
        generation: Int64?,
        to destination: ObjectName,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await faults.run("copy") { () throws(StoreError) in
            try access { state throws(StoreError) in
                let stored = try Self.find(source, generation, .none, in: state)
                let draft = ObjectDraft(
                    name: destination,
                    bytes: stored.bytes,
                    contentType: stored.metadata.contentType,
                    metadata: stored.metadata.metadata
                )
                return try store(draft, preconditions, &state)
            }
        }
    }

    /// See the protocol.
    public func compose(
        _ sources: [String],
        to destination: ObjectName,
        contentType: String,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await faults.run("compose") { () throws(StoreError) in
            guard (1...ObjectLimits.composeSourcesMax).contains(sources.count) else {
                throw StoreError(.invalidArgument, "compose takes 1 to \(ObjectLimits.composeSourcesMax) sources")
            }
            return try access { state throws(StoreError) in
                var bytes: [UInt8] = []
                for source in sources {
                    let name = ObjectName(bucket: destination.bucket, name: source)
                    bytes += try Self.find(name, nil, .none, in: state).bytes
                }
                let draft = ObjectDraft(name: destination, bytes: bytes, contentType: contentType, metadata: [:])
                return try store(draft, preconditions, &state)
            }
        }
    }

    /// See the protocol.
    public func delete(
        _ name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) {
        try await faults.run("delete") { () throws(StoreError) in
            try access { state throws(StoreError) in
                _ = try Self.find(name, generation, preconditions, in: state)
                state.objects[name] = nil
            }
        }
    }

    private struct ObjectDraft {
        let name: ObjectName
        let bytes: [UInt8]
        let contentType: String
        let metadata: [String: String]
    }

    private func access<Result: Sendable>(
        _ body: (inout sending State) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let result = state.withLock { state in Swift.Result { () throws(StoreError) in try body(&state) } }
        return try result.get()
    }

    private func store(
        _ draft: ObjectDraft,
        _ preconditions: ObjectPreconditions,
        _ state: inout State
    ) throws(StoreError) -> ObjectMetadata {
        try Self.check(preconditions, state.objects[draft.name]?.metadata, draft.name)
        state.lastGeneration += 1
        let now = clock.now()
        let metadata = ObjectMetadata(
            name: draft.name,
            generation: state.lastGeneration,
            size: Int64(draft.bytes.count),
            crc32c: CRC32C.checksum(of: draft.bytes),
            contentType: draft.contentType,
            metadata: draft.metadata,
            created: now,
            updated: now
        )
        state.objects[draft.name] = Stored(metadata: metadata, bytes: draft.bytes)
        return metadata
    }

    private static func find(
        _ name: ObjectName,
        _ generation: Int64?,
        _ preconditions: ObjectPreconditions,
        in state: State
    ) throws(StoreError) -> Stored {
        guard let stored = state.objects[name], generation == nil || generation == stored.metadata.generation else {
            throw StoreError(.notFound, "\(name) does not exist")
        }
        try check(preconditions, stored.metadata, name)
        return stored
    }

    private static func check(
        _ preconditions: ObjectPreconditions,
        _ metadata: ObjectMetadata?,
        _ name: ObjectName
    ) throws(StoreError) {
        let generation = metadata?.generation ?? 0
        let metageneration = metadata?.metageneration ?? 0
        let isMet =
            preconditions.generationMatch.map { $0 == generation } ?? true
            && preconditions.generationNotMatch.map { $0 != generation } ?? true
            && preconditions.metagenerationMatch.map { $0 == metageneration } ?? true
            && preconditions.metagenerationNotMatch.map { $0 != metageneration } ?? true
        guard isMet else { throw StoreError(.preconditionFailed, "\(name) is at generation \(generation)") }
    }
}

import SignalboxCore
import Wire

/// The object store as one process sees it.
struct SimulatedObjects: ObjectStore {
    let process: SimulatedProcess

    private var base: MemoryObjectStore { process.world.objects }

    func metadata(
        of name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await process.call("look at \(name)", .read) { () async throws(StoreError) in
            try await base.metadata(of: name, generation: generation, if: preconditions)
        }
    }

    func read(
        _ name: ObjectName,
        generation: Int64?,
        range: Range<Int64>?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectContent {
        try await process.call("read \(name)", .read) { () async throws(StoreError) in
            try await base.read(name, generation: generation, range: range, if: preconditions)
        }
    }

    func write(
        _ name: ObjectName,
        _ body: ObjectBody,
        contentType: String,
        metadata: [String: String],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        let begunAt = process.clock.now()
        return try await process.call("write \(name)", preconditions.access) { () async throws(StoreError) in
            let written = try await base.write(
                name,
                body,
                contentType: contentType,
                metadata: metadata,
                if: preconditions
            )
            process.world.didWrite(name, by: process, begunAt: begunAt)
            return written
        }
    }

    func list(
        bucket: String,
        prefix: String,
        pageToken: String?,
        pageObjectsMax: Int
    ) async throws(StoreError) -> ObjectPage {
        try await process.call("list gs://\(bucket)/\(prefix)", .read) { () async throws(StoreError) in
            try await base.list(
                bucket: bucket,
                prefix: prefix,
                pageToken: pageToken,
                pageObjectsMax: pageObjectsMax
            )
        }
    }

    func patch(
        _ name: ObjectName,
        metadata: [String: String?],
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await process.call("mark \(name)", .write) { () async throws(StoreError) in
            try await base.patch(name, metadata: metadata, if: preconditions)
        }
    }

    func copy(
        _ source: ObjectName,
        generation: Int64?,
        to destination: ObjectName,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await process.call("copy \(source) to \(destination)", preconditions.access) {
            () async throws(StoreError) in
            let copied = try await base.copy(source, generation: generation, to: destination, if: preconditions)
            process.world.didWrite(destination, by: process, begunAt: process.clock.now())
            return copied
        }
    }

    func compose(
        _ sources: [String],
        to destination: ObjectName,
        contentType: String,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) -> ObjectMetadata {
        try await process.call("compose \(destination)", preconditions.access) { () async throws(StoreError) in
            try await base.compose(sources, to: destination, contentType: contentType, if: preconditions)
        }
    }

    func delete(
        _ name: ObjectName,
        generation: Int64?,
        if preconditions: ObjectPreconditions
    ) async throws(StoreError) {
        try await process.call("delete \(name)", .write) { () async throws(StoreError) in
            try await base.delete(name, generation: generation, if: preconditions)
            process.world.didDelete(name, by: process)
        }
    }
}

extension ObjectPreconditions {
    /// A write that names a generation meets itself where its answer was lost and it is tried again.
    fileprivate var access: StoreAccess { generationMatch == nil ? .write : .conditionalWrite }
}

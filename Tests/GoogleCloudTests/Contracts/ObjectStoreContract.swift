import SignalboxCore
import Testing
import Wire

/// What every object store must do, one rule at a time.
enum ObjectStoreContract: String, CaseIterable, Sendable {
    case writesAndReads
    case keepsEmptyObjects
    case keepsAwkwardNames
    case givesEachWriteAGeneration
    case holdsToPreconditionsOfWrites
    case holdsToPreconditionsOfReads
    case patchesMetadata
    case readsRanges
    case readsPinnedGenerations
    case listsInPages
    case copies
    case holdsToPreconditionsOfCopies
    case composes
    case deletes
    case holdsToPreconditionsOfDeletes
    case takesLargeSources
    case letsOneCreatorWin
    case createsOnce

    /// Checks the rule under a prefix of a bucket that nobody else uses.
    func check(_ store: any ObjectStore, _ bucket: String, _ prefix: String) async throws {
        let check = ObjectStoreCheck(store: store, bucket: bucket, prefix: prefix)
        switch self {
        case .writesAndReads: try await check.writesAndReads()
        case .keepsEmptyObjects: try await check.keepsEmptyObjects()
        case .keepsAwkwardNames: try await check.keepsAwkwardNames()
        case .givesEachWriteAGeneration: try await check.givesEachWriteAGeneration()
        case .holdsToPreconditionsOfWrites: try await check.holdsToPreconditionsOfWrites()
        case .holdsToPreconditionsOfReads: try await check.holdsToPreconditionsOfReads()
        case .patchesMetadata: try await check.patchesMetadata()
        case .readsRanges: try await check.readsRanges()
        case .readsPinnedGenerations: try await check.readsPinnedGenerations()
        case .listsInPages: try await check.listsInPages()
        case .copies: try await check.copies()
        case .holdsToPreconditionsOfCopies: try await check.holdsToPreconditionsOfCopies()
        case .composes: try await check.composes()
        case .deletes: try await check.deletes()
        case .holdsToPreconditionsOfDeletes: try await check.holdsToPreconditionsOfDeletes()
        case .takesLargeSources: try await check.takesLargeSources()
        case .letsOneCreatorWin: try await check.letsOneCreatorWin()
        case .createsOnce: try await check.createsOnce()
        }
    }
}

/// The checks' common ground.
struct ObjectStoreCheck: Sendable {
    let store: any ObjectStore
    let bucket: String
    let prefix: String

    func name(_ name: String) -> ObjectName { ObjectName(bucket: bucket, name: prefix + name) }

    func write(
        _ object: ObjectName,
        _ text: String,
        metadata: [String: String] = [:],
        if preconditions: ObjectPreconditions = .none
    ) async throws -> ObjectMetadata {
        try await store.write(
            object,
            .bytes(Array(text.utf8)),
            contentType: "text/plain",
            metadata: metadata,
            if: preconditions
        )
    }

    func text(_ object: ObjectName, generation: Int64? = nil, range: Range<Int64>? = nil) async throws -> String {
        let content = try await store.read(object, generation: generation, range: range, if: .none)
        return String(decoding: try await content.body.collect(bytesMax: 1 << 20), as: UTF8.self)
    }

    func metadata(
        _ object: ObjectName,
        generation: Int64? = nil,
        if preconditions: ObjectPreconditions
    ) async throws -> ObjectMetadata {
        try await store.metadata(of: object, generation: generation, if: preconditions)
    }
}

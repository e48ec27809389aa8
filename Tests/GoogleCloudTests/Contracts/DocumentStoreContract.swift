import SignalboxCore
import Testing
import Wire

/// What every document store must do, one rule at a time.
enum DocumentStoreContract: String, CaseIterable, Sendable {
    case keepsEveryKindOfValue
    case createsOnce
    case holdsToUpdateTimes
    case holdsToExistence
    case writesUnderAMask
    case transforms
    case commitsAllOrNothing
    case deletes
    case keepsTimes
    case tellsTheTimeOfReads
    case filters
    case ordersAndPages
    case leavesOutOtherCollections
    case letsOneClaimWin
    case bindsCommits

    /// Checks the rule in a collection that nobody else uses.
    func check(_ store: any DocumentStore, _ collection: String) async throws {
        let check = DocumentStoreCheck(store: store, collection: collection)
        switch self {
        case .keepsEveryKindOfValue: try await check.keepsEveryKindOfValue()
        case .createsOnce: try await check.createsOnce()
        case .holdsToUpdateTimes: try await check.holdsToUpdateTimes()
        case .holdsToExistence: try await check.holdsToExistence()
        case .writesUnderAMask: try await check.writesUnderAMask()
        case .transforms: try await check.transforms()
        case .commitsAllOrNothing: try await check.commitsAllOrNothing()
        case .deletes: try await check.deletes()
        case .keepsTimes: try await check.keepsTimes()
        case .tellsTheTimeOfReads: try await check.tellsTheTimeOfReads()
        case .filters: try await check.filters()
        case .ordersAndPages: try await check.ordersAndPages()
        case .leavesOutOtherCollections: try await check.leavesOutOtherCollections()
        case .letsOneClaimWin: try await check.letsOneClaimWin()
        case .bindsCommits: try await check.bindsCommits()
        }
    }
}

/// The checks' common ground.
struct DocumentStoreCheck: Sendable {
    let store: any DocumentStore
    let collection: String

    func path(_ id: String) -> String { "\(collection)/\(id)" }

    func fields(_ id: String) async throws -> [String: DocumentValue]? { try await store.get(path(id))?.fields }

    @discardableResult
    func commit(_ writes: DocumentWrite...) async throws -> CommitResult { try await store.commit(writes) }
}

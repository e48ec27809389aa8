import SignalboxCore
import Wire

/// The document store as one process sees it.
struct SimulatedDocuments: DocumentStore {
    let process: SimulatedProcess

    func get(_ path: String) async throws(StoreError) -> Document? {
        try await process.call("get \(path)", .read) { () async throws(StoreError) in
            try await process.world.documents.get(path)
        }
    }

    func commit(_ writes: [DocumentWrite]) async throws(StoreError) -> CommitResult {
        let label = { "commit " + writes.map(\.path).joined(separator: " ") }
        return try await process.call(label(), .conditionalWrite) { () async throws(StoreError) in
            let result = try await process.world.documents.commit(writes)
            await process.world.didCommit(writes, by: process)
            return result
        }
    }

    func query(_ query: DocumentQuery) async throws(StoreError) -> DocumentPage {
        try await process.call("query \(query.collection)", .read) { () async throws(StoreError) in
            try await process.world.documents.query(query)
        }
    }
}

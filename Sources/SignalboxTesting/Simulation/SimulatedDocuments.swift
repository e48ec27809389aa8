import SignalboxCore
import Wire

/// The document store as one process sees it. The store has the true time, whatever the process's clock says.
struct SimulatedDocuments: DocumentStore {
    let process: SimulatedProcess

    func read(_ path: String) async throws(StoreError) -> DocumentRead {
        try await process.call("read \(path)", .read) { () async throws(StoreError) in
            process.readAt = process.world.now
            let read = try await process.world.documents.read(path)
            process.world.didRead(read.document, by: process)
            return read
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

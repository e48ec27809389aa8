public import Wire

/// Documents that say themselves when they may go: `expires_at`, which also fits a TTL policy of Firestore's
/// (https://cloud.google.com/firestore/docs/ttl).
public struct ExpiredDocuments: Sendable {
    /// The field with the time.
    public static let field = "expires_at"
    /// The collections that have them.
    public static let collections = [Nonce.collection, UploadRecord.collection]
    /// Documents of one collection that one run removes.
    public static let removalsMax = 300

    private let documents: any DocumentStore
    private let clock: any Clock

    /// The expired documents of a store.
    public init(documents: any DocumentStore, clock: any Clock) {
        self.documents = documents
        self.clock = clock
    }

    /// Removes what is over, ``removalsMax`` of each collection; the rest is for the next run.
    ///
    /// - Returns: how many were removed, or would be.
    public func remove(isDryRun: Bool) async throws(StoreError) -> Int {
        var removed = 0
        for collection in Self.collections {
            var query = DocumentQuery(collection: collection, orderBy: Self.field)
                .where(Self.field, .lessThanOrEqual, .timestamp(clock.now().truncatedToMicroseconds))
            query.pageDocumentsMax = Self.removalsMax
            let page = try await documents.query(query)
            removed += page.documents.count
            guard !isDryRun, !page.documents.isEmpty else { continue }
            // One that was written anew meanwhile stays, and so do the others until the next run.
            let writes = page.documents.map { DocumentWrite.delete($0.path, if: .updateTime($0.updateTime)) }
            do {
                _ = try await documents.commit(writes)
            } catch {
                guard [.preconditionFailed, .notFound, .aborted].contains(error.code) else { throw error }
                removed -= page.documents.count
            }
        }
        return removed
    }
}

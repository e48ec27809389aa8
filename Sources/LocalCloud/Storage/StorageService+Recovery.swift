import GRDB
import Wire

extension StorageService {
    /// Makes the buckets that are wanted, ends uploads that are too old, and takes away files that nothing names.
    ///
    /// - Throws: ``LocalCloudError``.
    func recover(buckets: [String]) async throws {
        let now = clock.now()
        let oldest = now - .seconds(LocalCloudLimits.uploadSeconds)
        do {
            let (blobs, uploads) = try await store.write { database in
                for bucket in buckets {
                    try database.execute(
                        sql: "INSERT OR IGNORE INTO buckets VALUES (?, ?)",
                        arguments: [bucket, now.microseconds]
                    )
                }
                let uploads = try UploadSession.expire(database, before: oldest)
                return (Set(try String.fetchAll(database, sql: "SELECT blob FROM objects")), Set(uploads))
            }
            try files.sweep(blobs: blobs, uploads: uploads)
        } catch let error as FileError {
            throw LocalCloudError(.stateDirectoryUnusable, "\(error)")
        } catch {
            throw LocalCloudError(.databaseUnusable, "\(error)")
        }
    }
}

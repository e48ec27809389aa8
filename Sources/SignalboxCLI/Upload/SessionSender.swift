import GoogleCloud
import SignalboxCore
import Wire

/// Sends a file through a resumable session, over broken connections and killed processes: what is under way stands in
/// the journal beside the package.
struct SessionSender: Sendable {
    let context: ServiceContext
    /// The package's folder.
    let folder: String
    let showsProgress: Bool

    /// Sends a file; a session that the service has forgotten is begun anew.
    ///
    /// - Parameter begin: gives the URL of a new session.
    /// - Returns: the object's generation.
    func send(
        _ file: LocalObject,
        as order: UploadSessionOrder,
        begin: () async throws -> String
    ) async throws -> Int64 {
        var journal = UploadJournal(folder: folder)
        let bar = ProgressBar("uploading \(file.name)", isSilent: !showsProgress)
        defer { bar.finish() }
        var patience = UploadPatience(context)
        while true {
            do {
                let entry = try await entry(order, &journal, begin)
                let session = UploadSession(url: entry.session, size: file.size, transport: context.transport)
                if let generation = try await run(session, file, &patience, bar) {
                    journal.end()
                    return generation
                }
                journal.end()
                let message = "\(order.name): the service forgot the upload"
                try await patience.pause(after: StoreError(.unavailable, message))
            } catch let error as StoreError where !error.isTransient {
                journal.end()
                throw error
            } catch let error as HTTPClientError where error.code == .requestBodyFailed {
                throw error.cause ?? error
            } catch  where error is StoreError || error is HTTPClientError {
                try await patience.pause(after: error)
            }
        }
    }

    /// Asks how far the session is, and sends the rest.
    ///
    /// - Returns: the object's generation; nil where the service does not know the session any more.
    private func run(
        _ session: UploadSession,
        _ file: LocalObject,
        _ patience: inout UploadPatience,
        _ bar: ProgressBar
    ) async throws -> Int64? {
        var progress = try await session.ask()
        while case .safe(let offset) = progress {
            patience.note(safe: offset)
            bar.update(offset, of: file.size)
            guard offset < file.size else {
                // All is there, and the service has yet to make the object of it.
                let message = "the service has all of \(file.name) and makes no object of it"
                try await patience.pause(after: StoreError(.unavailable, message))
                progress = try await session.ask()
                continue
            }
            progress = try await session.sendPart(of: file.path, from: offset) { done in
                bar.update(done, of: file.size)
            }
            if case .safe(let bytes) = progress, bytes <= offset {
                throw StoreError(.unavailable, "the service takes no bytes of \(file.name)")
            }
        }
        guard case .done(let generation) = progress else { return nil }
        return generation
    }

    /// The session to go on with: the one of an earlier run for the same bytes, or a new one.
    private func entry(
        _ order: UploadSessionOrder,
        _ journal: inout UploadJournal,
        _ begin: () async throws -> String
    ) async throws -> UploadJournal.Entry {
        if let entry = journal.entry, entry.isFor(order) { return entry }
        let entry = UploadJournal.Entry(
            object: order.name,
            session: try await begin(),
            crc32c: order.crc32c,
            size: order.size,
            generationMatch: order.generationMatch
        )
        try journal.begin(entry)
        return entry
    }
}

import GoogleCloud
import SignalboxCore
import Wire

/// Sends a package's files: each once, pinned to what was there before, over broken connections and killed processes.
struct PackageUploader: Sendable {
    /// Tries against others who write the same object.
    private static let racesMax = 5

    /// An object as it lies in staging after the upload.
    struct Sent: Sendable, Equatable {
        /// The object.
        let name: ObjectName
        /// Its generation.
        let generation: Int64
        /// Bytes.
        let size: Int64
        /// Whether this run wrote it; false where the same bytes were there before.
        let isNew: Bool

        /// The answer's form.
        var json: JSON {
            [
                "uri": .string(name.uri),
                "generation": .string(String(generation)),
                "size": .integer(size),
                "uploaded": .bool(isNew),
            ]
        }
    }

    let objects: any ObjectStore
    let endpoint: UploadEndpoint
    let context: ServiceContext
    let folder: String
    let showsProgress: Bool

    /// Makes sure that an object holds a file's bytes.
    func send(_ file: LocalObject, as name: ObjectName) async throws -> Sent {
        let crc32c = try await file.sums().crc32c
        for _ in 0..<Self.racesMax {
            let present = try await objects.metadataIfPresent(of: name)
            if let present, present.size == file.size, present.crc32c == crc32c {
                var journal = UploadJournal(folder: folder)
                if journal.entry?.object == name { journal.end() }
                return Sent(name: name, generation: present.generation, size: file.size, isNew: false)
            }
            do {
                let generation = try await upload(file, name, crc32c, generationMatch: present?.generation ?? 0)
                return Sent(name: name, generation: generation, size: file.size, isNew: true)
            } catch let error as StoreError where error.code == .preconditionFailed {
                // Somebody else wrote it meanwhile, or an earlier run of ours did without hearing the answer: look
                // again.
                continue
            }
        }
        throw CommandError(.busy, "\(name) is written by somebody else again and again: find out by whom")
    }

    private func upload(
        _ file: LocalObject,
        _ name: ObjectName,
        _ crc32c: CRC32C,
        generationMatch: Int64
    ) async throws -> Int64 {
        var journal = UploadJournal(folder: folder)
        let bar = ProgressBar("uploading \(file.name)", isSilent: !showsProgress)
        defer { bar.finish() }
        var patience = UploadPatience(context)
        while true {
            do {
                let entry = try await entry(file, name, crc32c, generationMatch, &journal)
                let session = UploadSession(url: entry.session, size: file.size, transport: context.transport)
                if let generation = try await run(session, file, &patience, bar) {
                    journal.end()
                    return generation
                }
                journal.end()
                try await patience.pause(after: StoreError(.unavailable, "\(name): the service forgot the upload"))
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
        _ file: LocalObject,
        _ name: ObjectName,
        _ crc32c: CRC32C,
        _ generationMatch: Int64,
        _ journal: inout UploadJournal
    ) async throws -> UploadJournal.Entry {
        if let entry = journal.entry, entry.object == name, entry.crc32c == crc32c, entry.size == file.size,
            entry.generationMatch == generationMatch
        {
            return entry
        }
        let session = try await UploadSession.begin(
            file,
            as: name,
            crc32c: crc32c,
            generationMatch: generationMatch,
            endpoint: endpoint
        )
        let entry = UploadJournal.Entry(
            object: name,
            session: session,
            crc32c: crc32c,
            size: file.size,
            generationMatch: generationMatch
        )
        try journal.begin(entry)
        return entry
    }
}

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
    let sessions: any UploadSessions
    let sender: SessionSender

    /// Makes sure that an object holds a file's bytes.
    func send(_ file: LocalObject, as name: ObjectName) async throws -> Sent {
        let crc32c = try await file.sums().crc32c
        for _ in 0..<Self.racesMax {
            let present = try await objects.metadataIfPresent(of: name)
            if let present, present.size == file.size, present.crc32c == crc32c {
                var journal = UploadJournal(folder: sender.folder)
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
        let order = UploadSessionOrder(
            name: name,
            size: file.size,
            crc32c: crc32c,
            contentType: file.contentType,
            generationMatch: generationMatch
        )
        return try await sender.send(file, as: order) { try await sessions.begin(order) }
    }
}

import SignalboxCore
import Wire

/// Sends a package through the upload API: the manifest is announced, the archive goes into the session that the API
/// opens, and nothing needs a right of the cloud's.
struct APIUploader: Sendable {
    /// Tries against others who upload the same package.
    private static let racesMax = 5

    let api: UploadAPI
    let sender: SessionSender

    /// What lies in staging afterwards, and the receipt where it is decided already.
    struct Outcome: Sendable {
        let archive: PackageUploader.Sent
        let manifest: PackageUploader.Sent
        /// The receipt's envelope, not verified yet.
        var receipt: [UInt8]?
    }

    /// Makes sure that the package is in staging, or decided.
    func send(_ folder: PackageFolder, _ archive: LocalObject) async throws -> Outcome {
        let crc32c = try await archive.sums().crc32c
        var wasSent = false
        for _ in 0..<Self.racesMax {
            // An upload that was cut short goes on before the API is asked, which would open another.
            if let order = Self.journaled(sender.folder, folder.manifest, archive, crc32c) {
                wasSent = try await finish(archive, order) != nil || wasSent
            }
            let answer = try await api.announce(folder.envelope, crc32c: crc32c)
            guard answer.state == .session else {
                return try Self.outcome(answer, archive, folder, isNew: wasSent)
            }
            guard let session = answer.session, let manifestGeneration = answer.manifestGeneration else {
                throw CommandError(.fileUnusable, "the API opened a session without telling where")
            }
            let order = Self.order(answer.archive, archive, crc32c)
            do {
                var isUsed = false
                let generation = try await sender.send(archive, as: order) {
                    // One that the service has forgotten is for the API to replace.
                    guard !isUsed else { throw StoreError(.notFound, "\(order.name): the session is over") }
                    isUsed = true
                    return session
                }
                return Outcome(
                    archive: Self.sent(answer.archive, generation, archive.size, isNew: true),
                    manifest: Self.sent(answer.manifest, manifestGeneration, Int64(folder.envelope.count), isNew: true)
                )
            } catch let error as StoreError {
                // Another session's upload was first, or this one is over: the API knows.
                guard error.code == .preconditionFailed || error.code == .notFound else { throw error }
            }
        }
        throw CommandError(.busy, "\(folder.manifest.packageID) is uploaded by somebody else: find out by whom")
    }

    /// Goes on with an upload that is under way; nil where its session is over.
    private func finish(_ archive: LocalObject, _ order: UploadSessionOrder) async throws -> Int64? {
        do {
            return try await sender.send(archive, as: order) {
                throw StoreError(.notFound, "\(order.name): the session is over")
            }
        } catch let error as StoreError {
            guard error.code == .preconditionFailed || error.code == .notFound else { throw error }
            return nil
        }
    }

    private static func journaled(
        _ folder: String,
        _ manifest: Manifest,
        _ archive: LocalObject,
        _ crc32c: CRC32C
    ) -> UploadSessionOrder? {
        guard let entry = UploadJournal(folder: folder).entry else { return nil }
        let place = PackageLocation(
            bucket: entry.object.bucket,
            robotID: manifest.robotID,
            packageID: manifest.packageID
        )
        let order = order(place.object(archive.name), archive, crc32c)
        return entry.isFor(order) ? order : nil
    }

    private static func order(_ name: ObjectName, _ archive: LocalObject, _ crc32c: CRC32C) -> UploadSessionOrder {
        UploadSessionOrder(
            name: name,
            size: archive.size,
            crc32c: crc32c,
            contentType: archive.contentType,
            generationMatch: 0
        )
    }

    private static func outcome(
        _ answer: UploadAPI.Answer,
        _ archive: LocalObject,
        _ folder: PackageFolder,
        isNew: Bool
    ) throws -> Outcome {
        // Of a package that was decided long ago the objects may be gone: only its receipt speaks of them.
        let envelopeSize = Int64(folder.envelope.count)
        return Outcome(
            archive: sent(answer.archive, answer.archiveGeneration ?? 0, archive.size, isNew: isNew),
            manifest: sent(answer.manifest, answer.manifestGeneration ?? 0, envelopeSize, isNew: isNew),
            receipt: answer.receipt
        )
    }

    private static func sent(
        _ name: ObjectName,
        _ generation: Int64,
        _ size: Int64,
        isNew: Bool
    ) -> PackageUploader.Sent {
        PackageUploader.Sent(name: name, generation: generation, size: size, isNew: isNew)
    }
}

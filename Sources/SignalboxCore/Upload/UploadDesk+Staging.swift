import Wire

extension UploadDesk {
    /// Carries the case out. Everything is done with preconditions: who loses a race looks again.
    func offer(_ announced: UploadCase.Announcement) async throws(Problem) -> UploadOffer {
        for _ in 0..<Self.racesMax {
            do throws(StoreError) {
                let place = place(of: announced.manifest)
                let (facts, held) = try await facts(announced.manifest, place)
                let found = UploadCase(announced, facts, now: clock.now())
                if case .refused(let code, let detail) = found {
                    throw StoreError(.alreadyExists, detail, cause: Problem(code, detail))
                }
                return try await carryOut(found, announced, facts, held, place)
            } catch {
                if let problem = error.cause as? Problem { throw problem }
                guard [.preconditionFailed, .alreadyExists, .aborted, .notFound].contains(error.code) else {
                    throw Problem(error)
                }
            }
        }
        throw Problem(.busy, "others change the same package: try again", retryAfterSeconds: Self.receiptSeconds)
    }

    private func place(of manifest: Manifest) -> PackageLocation {
        PackageLocation(bucket: layout.stagingBucket, robotID: manifest.robotID, packageID: manifest.packageID)
    }

    /// What is known of the package's id.
    ///
    /// - Returns: with the upload's document, as it was read.
    private func facts(
        _ manifest: Manifest,
        _ place: PackageLocation
    ) async throws(StoreError) -> (UploadCase.Facts, Document?) {
        // The record is read last: a decision that is not in it yet makes the staged objects look undecided, never the
        // other way round.
        let held = try await documents.get(UploadRecord.path(of: place.packageID))
        let archive = try await objects.metadataIfPresent(of: place.object(manifest.archive.path))
        var others: [ObjectMetadata] = []
        for name in PackageLocation.archiveNames where name != manifest.archive.path {
            if let other = try await objects.metadataIfPresent(of: place.object(name)) { others.append(other) }
        }
        let staged = try await objects.metadataIfPresent(of: place.object(PackageLocation.manifestName))
        let record = try await documents.get(PackageRecord.path(of: place.packageID))
        let facts = UploadCase.Facts(
            record: record,
            held: held.flatMap { UploadRecord($0) },
            archive: archive,
            others: others,
            manifest: staged,
            receipt: record == nil ? nil : try await receipt(at: place)
        )
        return (facts, held)
    }

    /// The receipt beside a package; nil where there is none.
    func receipt(at place: PackageLocation) async throws(StoreError) -> [UInt8]? {
        do {
            return try await objects.bytes(of: place.receipt, bytesMax: Receipt.envelopeBytesMax).bytes
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    private func carryOut(
        _ found: UploadCase,
        _ announced: UploadCase.Announcement,
        _ facts: UploadCase.Facts,
        _ held: Document?,
        _ place: PackageLocation
    ) async throws(StoreError) -> UploadOffer {
        let manifest = announced.manifest
        var offer = UploadOffer(
            state: .decided,
            packageID: manifest.packageID,
            robotID: manifest.robotID,
            archive: place.object(manifest.archive.path),
            archiveSize: manifest.archive.size,
            archiveCRC32C: announced.upload.archiveCRC32C,
            archiveGeneration: facts.archive?.generation,
            manifest: place.object(PackageLocation.manifestName),
            manifestGeneration: facts.manifest?.generation
        )
        if case .decided(let receipt) = found {
            offer.receipt = receipt
            return offer
        }
        try await hold(announced.upload, manifest.packageID, held)
        if case .session(let stale) = found {
            try await remove(stale)
            offer.state = .session
            offer.archiveGeneration = nil
            if !announced.isManifest(facts.manifest) {
                offer.manifestGeneration = try await lay(announced, facts.manifest, place)
            }
            offer.session = try await sessions.begin(
                UploadSessionOrder(
                    name: offer.archive,
                    size: offer.archiveSize,
                    crc32c: offer.archiveCRC32C,
                    contentType: manifest.archive.path.hasSuffix(".zip") ? "application/zip" : "application/zstd",
                    generationMatch: 0
                )
            )
        } else if case .uploaded(let relay, let stale) = found {
            try await remove(stale)
            offer.state = .uploaded
            if relay { offer.manifestGeneration = try await lay(announced, facts.manifest, place) }
        }
        return offer
    }

    private func remove(_ stale: [ObjectMetadata]) async throws(StoreError) {
        for object in stale {
            try await objects.delete(object.name, generation: nil, if: .generation(object.generation))
        }
    }

    /// Keeps other content of the package out for a while.
    private func hold(_ upload: UploadRecord, _ packageID: String, _ held: Document?) async throws(StoreError) {
        let precondition = held.map { DocumentPrecondition.updateTime($0.updateTime) } ?? .exists(false)
        let fields = upload.fields(now: clock.now())
        _ = try await documents.commit([.set(UploadRecord.path(of: packageID), fields, if: precondition)])
    }

    /// Writes the manifest to staging, over the one that was seen there; its generation.
    private func lay(
        _ announced: UploadCase.Announcement,
        _ present: ObjectMetadata?,
        _ place: PackageLocation
    ) async throws(StoreError) -> Int64 {
        try await objects.write(
            place.object(PackageLocation.manifestName),
            .bytes(announced.envelope),
            contentType: "application/json",
            metadata: [:],
            if: .generation(present?.generation ?? 0)
        ).generation
    }
}

import Wire

extension PackageIntake {
    /// The job that this very upload, by its generations, was accepted for before: its archive was hashed then.
    func acceptedJob(of package: VerifiedPackage) async throws(StoreError) -> String? {
        guard let record = try await documents.get(PackageRecord.path(of: package.manifest.packageID)),
            let jobID = PackageRecord.acceptedJob(package.staged, record),
            PackageRecord.digested(package.staged, record).manifestDigest == package.manifestDigest,
            try await documents.get(Job.path(of: jobID)) != nil
        else { return nil }
        return jobID
    }

    /// Answers an upload of bytes that were accepted before: perhaps this very upload, whose answer was cut short.
    func answerKnown(_ staged: StagedPackage, jobID: String) async throws(StoreError) -> IntakeOutcome {
        let record = try await documents.get(PackageRecord.path(of: staged.place.packageID))
        try await answer(
            PackageRecord.digested(staged, record),
            .accepted,
            episodes: PackageRecord.episodes(record),
            jobID: jobID,
            isDuplicate: PackageRecord.duplicate(staged, record) ?? true
        )
        return .duplicate(jobID: jobID)
    }

    /// Keeps a verified package and opens its job.
    func accept(_ package: VerifiedPackage, _ episodes: EpisodeReport) async throws(StoreError) -> IntakeOutcome {
        let dataset = try await keep(package)
        let manifest = package.manifest
        let job = Job(
            packageID: manifest.packageID,
            robotID: manifest.robotID,
            config: manifest.training ?? .standard,
            dataset: dataset,
            now: clock.now()
        )
        let (isNew, isDuplicate) = try await record(package, job, episodes)
        try await answer(package.staged, .accepted, episodes: episodes, jobID: job.id, isDuplicate: isDuplicate)
        return isNew ? .accepted(jobID: job.id) : .duplicate(jobID: job.id)
    }

    /// Copies both objects to training storage, the manifest last: a manifest there has its archive beside it.
    private func keep(_ package: VerifiedPackage) async throws(StoreError) -> DatasetReference {
        func copy(_ object: ObjectMetadata, _ name: String) async throws(StoreError) -> ObjectMetadata {
            let destination = layout.dataset(
                packageID: package.manifest.packageID,
                manifest: package.manifestDigest,
                name: name
            )
            do {
                return try await objects.copy(
                    object.name,
                    generation: object.generation,
                    to: destination,
                    if: .doesNotExist
                )
            } catch  where error.code == .preconditionFailed {
                // The folder's name commits to the bytes, so an earlier delivery copied the same, unless somebody else
                // writes there.
                let present = try await objects.metadata(of: destination)
                guard present.size == object.size, present.crc32c == object.crc32c, present.crc32c != nil else {
                    throw StoreError(.dataLoss, "\(destination) holds other bytes than were verified", cause: error)
                }
                return present
            }
        }
        let archive = try await copy(package.staged.archive, package.manifest.archive.path)
        let manifest = try await copy(package.staged.manifest, PackageLocation.manifestName)
        return DatasetReference(
            archive: archive.name,
            archiveGeneration: archive.generation,
            manifest: manifest.name,
            manifestGeneration: manifest.generation,
            manifestDigest: package.manifestDigest
        )
    }

    /// Creates the job and the package's record at one moment.
    ///
    /// - Returns: whether the job is new, and whether another upload had opened it before.
    private func record(
        _ package: VerifiedPackage,
        _ job: Job,
        _ episodes: EpisodeReport
    ) async throws(StoreError) -> (isNew: Bool, isDuplicate: Bool) {
        let path = PackageRecord.path(of: job.packageID)
        for _ in 0..<Self.commitTriesMax {
            let record = try await documents.get(path)
            let isNew = try await documents.get(job.path) == nil
            // The events of archive and manifest are judged at the same time: the second answers as the first did.
            let isDuplicate = isNew ? false : PackageRecord.duplicate(package.staged, record) ?? true
            let now = clock.now()
            let fields = PackageRecord.accepted(
                package,
                episodes,
                jobID: job.id,
                isDuplicate: isDuplicate,
                now: now
            )
            var writes = [
                DocumentWrite.set(path, fields, if: record.map { .updateTime($0.updateTime) } ?? .exists(false))
            ]
            if isNew { writes.append(.create(job.path, job.fields)) }
            do {
                _ = try await documents.commit(writes)
                return (isNew, isDuplicate)
            } catch  where [.alreadyExists, .preconditionFailed, .aborted].contains(error.code) {
                continue
            }
        }
        throw StoreError(.aborted, "\(path): other writers won \(Self.commitTriesMax) times")
    }

    /// Refuses for good: receipt, record, marks; nothing reaches training storage's datasets.
    func reject(
        _ staged: StagedPackage,
        _ refusal: Refusal,
        _ episodes: EpisodeReport? = nil
    ) async throws(StoreError) -> IntakeOutcome {
        let receipt = self.receipt(staged, .rejected, refusal: refusal, episodes: episodes)
        let name = layout.rejection(
            packageID: staged.place.packageID,
            archiveGeneration: staged.archive.generation,
            manifestGeneration: staged.manifest.generation
        )
        do {
            _ = try await objects.write(
                name,
                .bytes(receipt.signed(by: receiptKey, keyID: receiptKeyID)),
                contentType: "application/json",
                metadata: [:],
                if: .doesNotExist
            )
        } catch  where error.code == .preconditionFailed {
            // An earlier delivery wrote it.
        }
        if let jobID = try await recordRejection(staged, refusal, episodes, receipt: name) {
            return try await answerKnown(staged, jobID: jobID)
        }
        try await answer(staged, .rejected, refusal: refusal, episodes: episodes)
        return .rejected(refusal)
    }

    /// Records a refusal where the package was not accepted.
    ///
    /// - Returns: the job of this very upload where another delivery of its event was accepted: that one counts.
    private func recordRejection(
        _ staged: StagedPackage,
        _ refusal: Refusal,
        _ episodes: EpisodeReport?,
        receipt: ObjectName
    ) async throws(StoreError) -> String? {
        let path = PackageRecord.path(of: staged.place.packageID)
        for _ in 0..<Self.commitTriesMax {
            let record = try await documents.get(path)
            // An accepted package stays accepted, whatever is uploaded under its name afterwards.
            if let record, record.fields["status"] == .string(Receipt.Status.accepted.rawValue) {
                return PackageRecord.acceptedJob(staged, record)
            }
            let fields = PackageRecord.rejected(staged, refusal, episodes, receipt: receipt, now: clock.now())
            let precondition = record.map { DocumentPrecondition.updateTime($0.updateTime) } ?? .exists(false)
            do {
                _ = try await documents.commit([.set(path, fields, if: precondition)])
                return nil
            } catch  where [.alreadyExists, .preconditionFailed, .aborted].contains(error.code) {
                continue
            }
        }
        throw StoreError(.aborted, "\(path): other writers won \(Self.commitTriesMax) times")
    }

    /// Marks the staged objects and lays the receipt beside them.
    ///
    /// A receipt never replaces one of a newer upload: it is written only over what was there while its own upload was.
    private func answer(
        _ staged: StagedPackage,
        _ status: Receipt.Status,
        refusal: Refusal? = nil,
        episodes: EpisodeReport? = nil,
        jobID: String? = nil,
        isDuplicate: Bool = false
    ) async throws(StoreError) {
        for object in [staged.archive, staged.manifest] {
            let mark = [Self.statusKey: status.rawValue, Self.codeKey: refusal?.code.rawValue]
            do {
                _ = try await objects.patch(object.name, metadata: mark, if: .generation(object.generation))
            } catch  where error.code == .preconditionFailed || error.code == .notFound {
                // Replaced meanwhile: the mark belongs to the generation that was judged, and that one is gone.
            }
        }
        let receipt = self.receipt(
            staged,
            status,
            refusal: refusal,
            episodes: episodes,
            jobID: jobID,
            isDuplicate: isDuplicate
        )
        let name = staged.place.object(PackageLocation.receiptName)
        for _ in 0..<Self.commitTriesMax {
            let present = try await objects.metadataIfPresent(of: name)
            guard try await !isSuperseded(staged) else { return }
            do {
                _ = try await objects.write(
                    name,
                    .bytes(receipt.signed(by: receiptKey, keyID: receiptKeyID)),
                    contentType: "application/json",
                    metadata: [:],
                    if: .generation(present?.generation ?? 0)
                )
                return
            } catch  where error.code == .preconditionFailed {
                continue
            }
        }
        throw StoreError(.aborted, "\(name): other writers won \(Self.commitTriesMax) times")
    }

    private func receipt(
        _ staged: StagedPackage,
        _ status: Receipt.Status,
        refusal: Refusal? = nil,
        episodes: EpisodeReport? = nil,
        jobID: String? = nil,
        isDuplicate: Bool = false
    ) -> Receipt {
        Receipt(
            packageID: staged.place.packageID,
            robotID: staged.place.robotID,
            status: status,
            code: refusal?.code,
            message: refusal?.message ?? (isDuplicate ? "accepted before; nothing is trained again" : "accepted"),
            archiveGeneration: staged.archive.generation,
            manifestGeneration: staged.manifest.generation,
            archiveDigest: staged.archiveDigest,
            manifestDigest: staged.manifestDigest,
            jobID: jobID,
            isDuplicate: isDuplicate,
            episodes: episodes,
            decidedAt: clock.now()
        )
    }
}

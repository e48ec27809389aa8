import Wire

/// Models that nobody will ever publish.
extension Sweeper {
    /// How long the number of a model that nobody will publish stays reserved: whoever began to upload a file of it can
    /// end that within a week, however long it stood still meanwhile
    /// (https://cloud.google.com/storage/docs/resumable-uploads).
    public static let reservationSeconds = 7 * 86_400

    /// Removes the files of versions that trainers reserved, and died before they published them, of jobs that are
    /// over; and these versions themselves once no file can come any more. A job that is opened anew makes another
    /// attempt, which reserves another number.
    func removeReservations(_ report: inout Report, isDryRun: Bool) async throws(StoreError) {
        let registry = ModelRegistry(documents: documents, clock: clock)
        let found: [ModelRegistry.Reservation]
        do throws(StoreError) { found = try await registry.reservations() } catch {
            try report.contain(error, about: "reservations")
            return
        }
        for reservation in found {
            let folder = layout.model(reservation.name, version: reservation.version, file: "")
            do throws(StoreError) {
                guard let age = try await orphanAge(of: reservation, registry) else { continue }
                let isOld = age >= .seconds(Self.reservationSeconds)
                let files = try await objects.listAll(bucket: folder.bucket, prefix: folder.name)
                guard isOld || !files.isEmpty else { continue }
                if !isDryRun {
                    // The document goes last: where the sweep is cut short, the next one finds it.
                    for file in files {
                        try await objects.delete(file.name, generation: nil, if: .generation(file.generation))
                    }
                    if isOld { try await registry.remove(reservation) }
                }
                report.reservations.append(reservation)
            } catch {
                // Somebody else was at it: the next sweep sees.
                guard ![.notFound, .preconditionFailed, .aborted].contains(error.code) else { continue }
                guard try report.contain(error, about: folder.uri) else { return }
            }
        }
    }

    /// For how long nobody can have published a reserved version; nil where somebody may yet.
    private func orphanAge(
        of reservation: ModelRegistry.Reservation,
        _ registry: ModelRegistry
    ) async throws(StoreError) -> Duration? {
        let read = try await documents.read(Job.path(of: reservation.jobID))
        let age: Duration
        if let document = read.document {
            guard let job = try? Job(document), isLongOver(job, now: read.readTime) else { return nil }
            age = read.readTime - job.updatedAt
        } else {
            // Its job was deleted, and with it what its completion would be committed to.
            age = read.readTime - reservation.updateTime
            guard age >= .seconds(Self.farewellSeconds) else { return nil }
        }
        // A version is published in the commit that completes its job. One that is not published after its job was seen
        // to be over never will be.
        return try await registry.isHeld(reservation) ? age : nil
    }
}

import Wire

/// Models that nobody will ever publish.
extension Sweeper {
    /// Removes the versions that trainers reserved, and died before they published them, with the files that they had
    /// stored: of jobs that are over. A job that is opened anew makes another attempt, which reserves another number.
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
                guard try await isOrphan(reservation, registry) else { continue }
                if !isDryRun {
                    // The document goes last: where the sweep is cut short, the next one finds it.
                    for object in try await objects.listAll(bucket: folder.bucket, prefix: folder.name) {
                        try await objects.delete(object.name, generation: nil, if: .generation(object.generation))
                    }
                    try await registry.remove(reservation)
                }
                report.reservations.append(reservation)
            } catch {
                // Somebody else was at it: the next sweep sees.
                guard ![.notFound, .preconditionFailed, .aborted].contains(error.code) else { continue }
                guard try report.contain(error, about: folder.uri) else { return }
            }
        }
    }

    private func isOrphan(
        _ reservation: ModelRegistry.Reservation,
        _ registry: ModelRegistry
    ) async throws(StoreError) -> Bool {
        let read = try await documents.read(Job.path(of: reservation.jobID))
        guard let job = read.document.flatMap({ try? Job($0) }), isLongOver(job, now: read.readTime) else {
            return false
        }
        // A version is published in the commit that completes its job. One that is not published after its job was seen
        // to be over never will be.
        return try await registry.isHeld(reservation)
    }
}

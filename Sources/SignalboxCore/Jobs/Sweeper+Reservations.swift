import Wire

/// Models that nobody will ever publish.
extension Sweeper {
    /// Removes the versions that trainers reserved, and died before they published them, with the files that they had
    /// stored: of jobs that are over. A job that is opened anew makes another attempt, which reserves another number.
    func removeReservations(_ report: inout Report, isDryRun: Bool) async throws(StoreError) {
        let registry = ModelRegistry(documents: documents, clock: clock)
        for reservation in try await registry.reservations() {
            let read = try await documents.read(Job.path(of: reservation.jobID))
            guard let job = read.document.flatMap({ try? Job($0) }), isLongOver(job, now: read.readTime),
                // A version is published in the commit that completes its job. One that is not published after its
                // job was seen to be over never will be.
                try await registry.isHeld(reservation)
            else { continue }
            report.reservations.append(reservation)
            guard !isDryRun else { continue }
            do throws(StoreError) {
                // The document goes last: where the sweep is cut short, the next one finds it.
                let folder = layout.model(reservation.name, version: reservation.version, file: "")
                for object in try await objects.listAll(bucket: folder.bucket, prefix: folder.name) {
                    try await objects.delete(object.name, generation: nil, if: .generation(object.generation))
                }
                try await registry.remove(reservation)
            } catch {
                guard [.notFound, .preconditionFailed, .aborted].contains(error.code) else { throw error }
            }
        }
    }
}

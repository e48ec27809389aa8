import Wire

/// What a job made does not outlive it.
extension Sweeper {
    /// What the tiers told of their runs.
    struct Listing {
        /// The jobs of which a run holds something.
        var jobIDs: Set<String> = []
        /// Whether every tier could be asked.
        var isWhole = true

        /// Whether a job surely has no run any more.
        func isWithoutRuns(_ jobID: String) -> Bool { isWhole && !jobIDs.contains(jobID) }
    }

    /// Cancels the runs that no job wants: of jobs that are over or deleted, and of attempts that were given up.
    func cancelOrphans(_ report: inout Report, isDryRun: Bool) async throws(StoreError) -> Listing {
        var listing = Listing()
        for tier in dispatch.tiers {
            let runs: [TierRun]
            do throws(TierError) { runs = try await tier.runs() } catch {
                report.failures.append(Report.Failure(subject: tier.name, message: error.description))
                listing.isWhole = false
                continue
            }
            listing.jobIDs.formUnion(runs.compactMap { RunOrder.parse($0.name)?.jobID })
            // The documents are read after the runs were listed: a run that was launched meanwhile is not among them,
            // and one that is listed was claimed in a document before.
            for run in runs {
                do throws(StoreError) {
                    guard try await isOrphan(run) else { continue }
                } catch {
                    guard try !report.contain(error, about: run.name) else { continue }
                    listing.isWhole = false
                    return listing
                }
                report.orphans.append(run)
                guard !isDryRun else { continue }
                do throws(TierError) { try await tier.cancel(run.handle) } catch {
                    report.failures.append(Report.Failure(subject: run.name, message: error.description))
                }
            }
        }
        return listing
    }

    private func isOrphan(_ run: TierRun) async throws(StoreError) -> Bool {
        guard let (jobID, attempt) = RunOrder.parse(run.name) else { return false }
        let read = try await documents.read(Job.path(of: jobID))
        guard let document = read.document else {
            // That alone is no evidence, for a cluster may serve other fleets too. What it started from lies in our
            // bucket: the run is ours, and somebody has deleted its job.
            return try await objects.metadataIfPresent(of: layout.spec(jobID: jobID, attempt: attempt)) != nil
        }
        // One that cannot be read is no evidence either.
        guard let job = try? Job(document) else { return false }
        let isYoung = read.readTime - job.updatedAt < .seconds(Self.farewellSeconds)
        switch job.phase {
        case .completed, .failed:
            // Let a trainer that has just reported its end do so in order.
            return attempt != job.attempt || !run.state.isAlive || !isYoung || isOverdue(job, now: read.readTime)
        // Given up: whoever claims the next attempt gives this run back, and notes that it has.
        case .pending:
            let isWanted = job.handle.map { $0 == run.handle } ?? true
            return attempt != job.attempt || !job.isReleasing || !isWanted
        // Which of two runs of one attempt is the healthy one only their trainers know: the second to report stops.
        case .launching, .launched, .running: return attempt < job.attempt
        }
    }

    /// Whether a job was cancelled that nobody trained, or whose trainer had its time to stop.
    private func isOverdue(_ job: Job, now: Timestamp) -> Bool {
        guard job.failure?.code == .cancelled else { return false }
        return job.stopBy.map { $0 <= now } ?? true
    }

    /// Removes what the runs of jobs that are over started from, and left behind beside it. A retry may open the job
    /// meanwhile: what its attempt starts from is a new generation, which is left alone. What a deleted job's runs
    /// started from stays as long as one may be left, for it is all that tells whose they are.
    func removeStartObjects(
        _ report: inout Report,
        after listing: Listing,
        isDryRun: Bool
    ) async throws(StoreError) {
        let root = layout.jobs
        let found: [ObjectMetadata]
        do throws(StoreError) {
            found = try await objects.listAll(bucket: layout.trainingBucket, prefix: root)
        } catch {
            try report.contain(error, about: ObjectName(bucket: layout.trainingBucket, name: root).uri)
            return
        }
        var isOver: [String: Bool] = [:]
        for object in found {
            let parts = object.name.name.dropFirst(root.count).split(separator: "/", omittingEmptySubsequences: false)
            // What is not a job's is none of the sweep's business.
            guard parts.count == 3, parts[0].hasPrefix(JobID.prefix), parts[1].hasPrefix("attempt-") else { continue }
            let jobID = String(parts[0])
            do throws(StoreError) {
                if isOver[jobID] == nil { isOver[jobID] = try await isLongOver(jobID, listing) }
            } catch {
                guard try report.contain(error, about: jobID) else { return }
                isOver[jobID] = false
            }
            guard isOver[jobID] == true else { continue }
            do throws(StoreError) {
                if !isDryRun {
                    try await objects.delete(object.name, generation: nil, if: .generation(object.generation))
                }
                report.removed.append(object.name)
            } catch {
                // Removed or written anew meanwhile: the next sweep sees.
                guard error.code != .notFound, error.code != .preconditionFailed else { continue }
                guard try report.contain(error, about: object.name.uri) else { return }
            }
        }
    }

    private func isLongOver(_ jobID: String, _ listing: Listing) async throws(StoreError) -> Bool {
        let read = try await documents.read(Job.path(of: jobID))
        guard let document = read.document else { return listing.isWithoutRuns(jobID) }
        guard let job = try? Job(document) else { return false }
        return isLongOver(job, now: read.readTime)
    }

    /// Whether a job is over, and was when its last run said farewell.
    func isLongOver(_ job: Job, now: Timestamp) -> Bool {
        job.phase.isTerminal && now - job.updatedAt >= .seconds(Self.farewellSeconds)
    }
}

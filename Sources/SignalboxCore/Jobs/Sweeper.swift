public import Wire

/// Looks for what no event will come for any more: jobs whose launcher or trainer was killed, runs that no job wants,
/// start-up objects and unpublished models of jobs that are over, and packages whose events were given up while they
/// could not be judged.
public struct Sweeper: Sendable {
    /// How long after its last change a pending job is left to the event that its change caused.
    public static let pendingSeconds = 30
    /// How long a complete package may go unjudged before its event is made again.
    public static let unjudgedSeconds = 1800
    /// After so long another job is the first to be looked at.
    static let turnSeconds: Int64 = 60
    /// How long after a job's end its run may take to end by itself.
    public static let farewellSeconds = 120

    /// What a sweep did.
    public struct Report: Sendable {
        /// A job that was looked at.
        public struct Look: Sendable {
            /// The job.
            public let jobID: String
            /// What was decided.
            public let decisions: [JobDecision]
        }

        /// What could not be done; the sweep went on with the rest.
        public struct Failure: Sendable, Equatable {
            /// What it is about: the name of a job, a run or a tier, or where objects or documents lie.
            public let subject: String
            /// Why.
            public let message: String
            /// The store's code where the same may work soon; nil where the next sweep is early enough, and where only
            /// people can help.
            public let transientCode: StoreError.Code?

            init(subject: String, message: String) {
                self.subject = subject
                self.message = message
                transientCode = nil
            }

            /// `{"subject", "message"}`.
            public var json: JSON { ["subject": .string(subject), "message": .string(message)] }

            /// What a store did not do.
            public init(subject: String, _ error: StoreError) {
                self.subject = subject
                message = error.description
                transientCode = error.isTransient ? error.code : nil
            }
        }

        /// The jobs that were looked at, or would be.
        public var jobs: [Look] = []
        /// The runs that no job wants and that were cancelled, or would be.
        public var orphans: [TierRun] = []
        /// The start-up objects that were removed, or would be.
        public var removed: [ObjectName] = []
        /// The versions of models that nobody will publish and of which something was removed, or would be.
        public var reservations: [ModelRegistry.Reservation] = []
        /// What could not be done.
        public var failures: [Failure] = []

        /// Why the sweep should soon be made again: a store was away for a part of it. Nil where nothing speaks for
        /// that.
        public var transientCode: StoreError.Code? { failures.compactMap(\.transientCode).first }

        /// Notes what a store did not do, so that the rest is done all the same; a sweep that is cut off itself ends.
        ///
        /// - Returns: whether to go on with the like of it: with a store that is away, each of the others would take as
        ///   long to say the same.
        @discardableResult
        mutating func contain(_ error: StoreError, about subject: String) throws(StoreError) -> Bool {
            guard error.code != .cancelled else { throw error }
            failures.append(Failure(subject: subject, error))
            return !error.isTransient
        }
    }

    let objects: any ObjectStore
    let layout: BucketLayout
    let documents: any DocumentStore
    private let controller: JobController
    let dispatch: Dispatch
    let clock: any Clock

    /// A sweeper that has jobs attended to by a controller.
    public init(
        objects: any ObjectStore,
        layout: BucketLayout,
        documents: any DocumentStore,
        controller: JobController,
        dispatch: Dispatch,
        clock: any Clock
    ) {
        self.objects = objects
        self.layout = layout
        self.documents = documents
        self.controller = controller
        self.dispatch = dispatch
        self.clock = clock
    }

    /// Ends the runs that no job wants any more, looks at every job that something is due for, then removes what jobs
    /// that are over have left.
    ///
    /// - Returns: also what could not be done: one object that a hold or a retention policy keeps, or one document
    ///   that cannot be read, stands in nobody else's way.
    /// - Throws: `cancelled`, where the sweep itself was cut off.
    public func sweep(isDryRun: Bool = false) async throws(StoreError) -> Report {
        var report = Report()
        // First, so that a tier which does not answer keeps no machine of another one alive.
        var listing = try await cancelOrphans(&report, isDryRun: isDryRun)
        // Jobs wait for this; what is to be tidied up waits for nobody.
        try await attendDue(&report, isDryRun: isDryRun)
        // What was launched just now is in no list of runs yet.
        listing.jobIDs.formUnion(report.jobs.map(\.jobID))
        try await removeStartObjects(&report, after: listing, isDryRun: isDryRun)
        try await removeReservations(&report, isDryRun: isDryRun)
        return report
    }

    /// Looks at the jobs that something is due for. Of the jobs on a tier that does not answer one is enough, another
    /// one at each sweep.
    private func attendDue(_ report: inout Report, isDryRun: Bool) async throws(StoreError) {
        let due = try await dueJobs(&report)
        let first = due.isEmpty ? 0 : Int(clock.now().seconds / Self.turnSeconds) % due.count
        var silentTiers: Set<String> = []
        for job in due[first...] + due[..<first] {
            if let tier = Self.neededTier(of: job), silentTiers.contains(tier) { continue }
            do throws(LedgerError) {
                let outcome = isDryRun ? nil : try await controller.attend(job.id)
                report.jobs.append(Report.Look(jobID: job.id, decisions: outcome?.decisions ?? []))
                if let outcome, outcome.isTierSilent, let place = outcome.job.placement?.place {
                    silentTiers.insert(place.tier)
                }
            } catch {
                guard case .store(let error) = error else {
                    report.failures.append(Report.Failure(subject: job.id, message: "\(error)"))
                    continue
                }
                guard try report.contain(error, about: job.id) else { return }
            }
        }
    }

    /// The tier that a job cannot go on without: a pending one with nothing to give back may run anywhere, wherever it
    /// was before.
    private static func neededTier(of job: Job) -> String? {
        job.phase == .pending && !job.isReleasing ? nil : job.placement?.place.tier
    }

    private func dueJobs(_ report: inout Report) async throws(StoreError) -> [Job] {
        var due: [Job] = []
        for status in [Job.Status.pending, .running] {
            var query = DocumentQuery(collection: Job.collection).where("status", .equal, .string(status.rawValue))
            repeat {
                let page: DocumentPage
                do throws(StoreError) { page = try await documents.query(query) } catch {
                    try report.contain(error, about: "\(Job.collection) that are \(status.rawValue)")
                    break
                }
                for document in page.documents {
                    do {
                        let job = try Job(document)
                        if isDue(job, now: page.readTime) { due.append(job) }
                    } catch {
                        report.failures.append(Report.Failure(subject: document.id, message: "\(error)"))
                    }
                }
                query.pageToken = page.nextPageToken
            } while query.pageToken != nil
        }
        return due
    }

    /// Announces packages that were never judged once more: their manifests are copied onto themselves, and a new
    /// generation is a new event. It lists the whole staging bucket, so it is a task of its own.
    public func announce(isDryRun: Bool = false) async throws(StoreError) -> [ObjectName] {
        let staged = try await objects.listAll(bucket: layout.stagingBucket, prefix: "")
        let names = Set(staged.map(\.name))
        var announced: [ObjectName] = []
        for object in staged where object.metadata[PackageIntake.statusKey] == nil {
            guard let place = PackageLocation(of: object.name), place.isComplete(names),
                object.name == place.object(PackageLocation.manifestName),
                clock.now() - object.created >= .seconds(Self.unjudgedSeconds)
            else { continue }
            announced.append(object.name)
            guard !isDryRun else { continue }
            do {
                _ = try await objects.copy(
                    object.name,
                    generation: object.generation,
                    to: object.name,
                    if: .generation(object.generation)
                )
            } catch  where error.code == .notFound || error.code == .preconditionFailed {
                // Uploaded again meanwhile: that event is on its way.
            }
        }
        return announced
    }

    /// Whether something may be due: a job that is heard of, or whose event is on its way, is left alone.
    private func isDue(_ job: Job, now: Timestamp) -> Bool {
        // A trainer that was asked to stop has its time; should its lease run out, something is due for that.
        if let stopBy = job.stopBy, job.phase == .running, let lease = job.lease, lease.expiresAt > now {
            return stopBy <= now
        }
        if job.cancelRequested { return true }
        // A run that is still to be given back does not wait for capacity elsewhere.
        if job.phase == .pending, job.isReleasing { return true }
        if let lease = job.lease, lease.expiresAt <= now { return true }
        let quiet = now - job.updatedAt >= .seconds(Self.pendingSeconds)
        if job.lease == nil { return quiet && (job.notBefore ?? now) <= now }
        // Limits of time and money count for a job that is heard of too; the machine tells.
        return job.phase != .launching && (quiet || job.placement?.billedSince != nil)
    }
}

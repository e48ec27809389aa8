public import Wire

/// Looks for what no event will come for any more: jobs whose launcher or trainer was killed, and packages whose events
/// were given up while they could not be judged.
public struct Sweeper: Sendable {
    /// How long after its last change a pending job is left to the event that its change caused.
    public static let pendingSeconds = 30
    /// How long a complete package may go unjudged before its event is made again.
    public static let unjudgedSeconds = 1800

    /// What a sweep did.
    public struct Report: Sendable {
        /// A job that was looked at.
        public struct Look: Sendable {
            /// The job.
            public let jobID: String
            /// What was decided.
            public let decisions: [JobDecision]
        }

        /// A job that could not be looked at.
        public struct Failure: Sendable {
            /// The job.
            public let jobID: String
            /// Why.
            public let message: String
        }

        /// The jobs that were looked at, or would be.
        public var jobs: [Look] = []
        /// The jobs that could not be.
        public var failures: [Failure] = []
        /// The manifests of packages whose event was made again, or would be.
        public var announced: [ObjectName] = []
    }

    private let objects: any ObjectStore
    private let layout: BucketLayout
    private let documents: any DocumentStore
    private let controller: JobController
    private let clock: any Clock

    /// A sweeper that has jobs attended to by a controller.
    public init(
        objects: any ObjectStore,
        layout: BucketLayout,
        documents: any DocumentStore,
        controller: JobController,
        clock: any Clock
    ) {
        self.objects = objects
        self.layout = layout
        self.documents = documents
        self.controller = controller
        self.clock = clock
    }

    /// Looks at every job whose lease ran out or that was left pending, and at every package that was never judged.
    public func sweep(isDryRun: Bool = false) async throws(StoreError) -> Report {
        var report = Report()
        for status in [Job.Status.pending, .running] {
            let query = DocumentQuery(collection: Job.collection).where("status", .equal, .string(status.rawValue))
            for document in try await documents.queryAll(query) {
                do {
                    guard isDue(try Job(document)) else { continue }
                    let decisions = isDryRun ? [] : try await controller.attend(document.id).decisions
                    report.jobs.append(Report.Look(jobID: document.id, decisions: decisions))
                } catch {
                    report.failures.append(Report.Failure(jobID: document.id, message: "\(error)"))
                }
            }
        }
        report.announced = try await announce(isDryRun: isDryRun)
        return report
    }

    /// Copies the manifests of packages that were never judged onto themselves: a new generation is a new event.
    private func announce(isDryRun: Bool) async throws(StoreError) -> [ObjectName] {
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

    private func isDue(_ job: Job) -> Bool {
        if job.cancelRequested { return true }
        if let lease = job.lease { return lease.expiresAt <= clock.now() }
        return clock.now() - job.updatedAt >= .seconds(Self.pendingSeconds)
    }
}

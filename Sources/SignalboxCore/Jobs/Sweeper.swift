public import Wire

/// Looks at every job that is not over: no event comes for a launcher or a trainer that was killed.
public struct Sweeper: Sendable {
    /// How long after its last change a pending job is left to the event that its change caused.
    public static let pendingSeconds = 30

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
    }

    private let documents: any DocumentStore
    private let controller: JobController
    private let clock: any Clock

    /// A sweeper that has jobs attended to by a controller.
    public init(documents: any DocumentStore, controller: JobController, clock: any Clock) {
        self.documents = documents
        self.controller = controller
        self.clock = clock
    }

    /// Looks at every job whose lease ran out, or that was left pending.
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
        return report
    }

    private func isDue(_ job: Job) -> Bool {
        if job.cancelRequested { return true }
        if let lease = job.lease { return lease.expiresAt <= clock.now() }
        return clock.now() - job.updatedAt >= .seconds(Self.pendingSeconds)
    }
}

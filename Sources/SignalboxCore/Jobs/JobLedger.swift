public import Wire

/// Carries the lifecycle's steps into the job documents: read, decide, write if nobody wrote in between.
///
/// What time it is, the document store says with each read. Leases and limits are written by one machine and judged by
/// another; a machine whose clock is ahead would take a fresh lease for one that ran out.
public struct JobLedger: Sendable {
    /// Tries of one step against other writers.
    public static let commitTriesMax = 20

    private let documents: any DocumentStore
    private let lifecycle: JobLifecycle
    private let willApply: @Sendable (JobInput.Kind) -> Void

    /// A ledger on a document store.
    public init(documents: any DocumentStore, policy: JobPolicy) {
        self.init(documents: documents, policy: policy) { _ in }
    }

    /// A ledger that tells of each input before it is applied: the simulator judges a change by what was said.
    package init(
        documents: any DocumentStore,
        policy: JobPolicy,
        willApply: @escaping @Sendable (JobInput.Kind) -> Void
    ) {
        self.documents = documents
        self.willApply = willApply
        lifecycle = JobLifecycle(policy: policy)
    }

    /// The job as it is now.
    ///
    /// - Throws: ``LedgerError`` `noSuchJob`, `malformed`, `store`.
    public func job(_ id: String) async throws(LedgerError) -> Job { try await read(id).job }

    /// Takes one step.
    ///
    /// - Parameter alongside: writes that take effect at the same moment as the step or not at all; asked again for
    ///   each try, and only where the step changes the job.
    /// - Returns: what was decided, and the job as it is written now.
    /// - Throws: ``LedgerError``; `store` with `aborted` where other writers won ``commitTriesMax`` times.
    public func apply(
        _ input: JobInput,
        to id: String,
        alongside: @Sendable (Job) async throws(StoreError) -> [DocumentWrite] = { _ in [] }
    ) async throws(LedgerError) -> JobTransition {
        willApply(input.kind)
        for _ in 0..<Self.commitTriesMax {
            let (job, updateTime, readTime) = try await read(id)
            let transition = lifecycle.step(job, input, now: readTime)
            guard transition.job != job else { return transition }
            do {
                let fields = transition.job.fields
                let write = DocumentWrite.set(job.path, fields, mask: fields.keys.sorted(), if: .updateTime(updateTime))
                _ = try await documents.commit([write] + alongside(transition.job))
                return transition
            } catch  where error.code == .preconditionFailed || error.code == .aborted || error.code == .alreadyExists {
                continue
            } catch {
                throw .store(error)
            }
        }
        throw .store(StoreError(.aborted, "\(Job.path(of: id)): other writers won \(Self.commitTriesMax) times"))
    }

    private func read(
        _ id: String
    ) async throws(LedgerError) -> (job: Job, updateTime: Timestamp, readTime: Timestamp) {
        let read: DocumentRead
        do { read = try await documents.read(Job.path(of: id)) } catch { throw .store(error) }
        guard let document = read.document else { throw .noSuchJob(id) }
        do { return (try Job(document), document.updateTime, read.readTime) } catch { throw .malformed(error) }
    }
}

/// A step could not be taken.
public enum LedgerError: Error, Sendable, CustomStringConvertible {
    /// There is no such document.
    case noSuchJob(String)
    /// The document is not a job: correct the field it names.
    case malformed(JSONTypeError)
    /// The store failed; ``StoreError/isTransient`` tells whether to try again.
    case store(StoreError)

    /// One line for people.
    public var description: String {
        switch self {
        case .noSuchJob(let id): "no_such_job: \(id)"
        case .malformed(let error): "job_malformed: \(error)"
        case .store(let error): "\(error)"
        }
    }
}

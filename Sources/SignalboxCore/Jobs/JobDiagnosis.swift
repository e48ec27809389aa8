public import Wire

/// Why a job stands where it stands: one cause, what speaks for it, and what to do. `docs/errors.md` lists the causes.
public struct JobDiagnosis: Sendable, Equatable {
    /// What to do.
    public struct Next: Sendable, Equatable {
        /// For people.
        public let advice: String
        /// A command that does it or shows more; nil where the advice is about settings or rights.
        public let command: String?

        init(_ advice: String, _ command: String? = nil) {
            self.advice = advice
            self.command = command
        }
    }

    /// The cause.
    public let cause: JobCause
    /// The cause in a sentence.
    public let sentence: String
    /// What speaks for it, a line each, all of it from the document.
    public let evidence: [String]
    /// What to do.
    public let next: Next

    /// Looks at a job's document; nobody else is asked.
    ///
    /// - Parameter policy: the limits that the job is held to.
    public init(_ job: Job, now: Timestamp, policy: JobPolicy = JobPolicy()) {
        let examination = JobExamination(job: job, now: now, policy: policy)
        cause = examination.cause
        sentence = examination.sentence(for: cause)
        evidence = examination.evidence
        next = examination.next(for: cause)
    }
}

/// What the event says next that caused a step which could not be taken.
extension LedgerError {
    /// A closed code, for answers and logs.
    public var code: String {
        switch self {
        case .noSuchJob: "no_such_job"
        case .malformed: "job_malformed"
        case .store(let error): error.code.rawValue
        }
    }

    /// After how many seconds the event is to come again; nil where it would meet the same.
    public var tryAgainSeconds: Int? {
        switch self {
        case .noSuchJob, .malformed: nil
        case .store: 2
        }
    }
}

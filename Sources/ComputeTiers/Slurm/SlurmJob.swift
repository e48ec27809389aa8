import Wire

/// What slurmrestd tells of a job, in whatever shape a version tells it.
struct SlurmJob: Sendable, Equatable {
    /// The cluster's number of it.
    let id: Int64
    /// Its name: a run's.
    let name: String
    /// Whose it is; nil where the answer does not say.
    let user: String?
    /// What was said of it when it was submitted.
    let comment: String
    /// Its state and the flags with it, in capitals: v0.0.38 tells the most telling one, later versions all.
    let states: Set<String>
    /// Why it is in that state; empty for no reason.
    let reason: String
    /// How its script ended, of no meaning before it did.
    let exit: SlurmExit?

    /// Reads an element of `jobs`; nil where it is no job.
    init?(_ json: JSON) {
        guard let id = SlurmNumber.value(json["job_id"]), let name = json["name"]?.stringValue else { return nil }
        self.id = id
        self.name = name
        user = json["user_name"]?.stringValue
        comment = json["comment"]?.stringValue ?? ""
        switch json["job_state"] {
        case .string(let state): states = [state.uppercased()]
        case .array(let list): states = Set(list.compactMap(\.stringValue).map { $0.uppercased() })
        default: states = []
        }
        let reason = json["state_reason"]?.stringValue ?? ""
        self.reason = reason == "None" ? "" : reason
        exit = SlurmExit(json["exit_code"])
    }
}

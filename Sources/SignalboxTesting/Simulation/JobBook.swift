import SignalboxCore
import Wire

/// What an outsider saw of the jobs' documents.
struct JobBook {
    private(set) var tracks: [String: JobTrack] = [:]
    private(set) var ids: [String] = []
    /// How often each edge was taken, by its place in the lifecycle's table.
    var edgeCounts = [Int](repeating: 0, count: JobLifecycle.edges.count)

    subscript(_ id: String) -> JobTrack? { tracks[id] }

    mutating func open(_ track: JobTrack) {
        tracks[track.id] = track
        ids.append(track.id)
    }

    var all: [JobTrack] { ids.compactMap { tracks[$0] } }
}

/// One job, as its document was seen to change.
final class JobTrack {
    let id: String
    var facts: JobFacts
    /// Reports of a whole training of it.
    let beats: Int
    var completions = 0
    var publications: Set<String> = []
    /// Whether the job was over at some time.
    var hasEnded = false
    /// When it was over last; nil while it is not.
    var endedAt: Int64?
    /// Since when every question to the tier about its run has failed and its trainer was not heard.
    var tierSilentSince: Int64?
    /// When the document was read by which the attempt was claimed.
    var claimedAt: Int64?
    /// When the last attempt was given up.
    var givenUpAt: Int64?
    /// When whoever gave it up had last asked for its runs.
    var lookedAt: Int64 = 0
    /// When somebody was seen to ask for it to be cancelled, and when its trainer was asked to stop.
    var cancelRequestedAt: Int64?
    var stopRequestedAt: Int64?
    /// When the tier was last heard to tell of a run that is to be given back.
    var answeredAt: Int64?
    /// The trainers that had its lease, and those that wrote its metrics, in order.
    var holders: [String] = []
    var metricsWriters: [String] = []
    /// How often its document was seen to change, and by which process last.
    var writeCount = 0
    var lastWriter = 0
    /// Every run that was made for it.
    var runs: [SimulatedRun] = []

    init(id: String, facts: JobFacts, beats: Int) {
        self.id = id
        self.beats = beats
        self.facts = facts
    }
}

/// The fields of a job document that the invariants are about, read without the code that is tested.
struct JobFacts {
    let fields: [String: DocumentValue]
    let phase: Job.Phase
    let attempt: Int64

    init?(_ document: Document?) {
        guard let document, case .string(let text) = document.fields["phase"], let phase = Job.Phase(rawValue: text),
            case .integer(let attempt) = document.fields["attempt"]
        else { return nil }
        fields = document.fields
        self.phase = phase
        self.attempt = attempt
    }

    func time(_ name: String) -> Timestamp? { Self.time(fields[name]) }

    func text(_ name: String) -> String? { Self.text(fields[name]) }

    var handle: String? { text("handle") }
    var leaseHolder: String? { member("lease", "holder").flatMap(Self.text) }
    var leaseExpiresAt: Timestamp? { Self.time(member("lease", "expires_at")) }
    var tierSilentSince: Timestamp? { Self.time(member("lease", "tier_silent_since")) }
    var isCancelRequested: Bool { fields["cancel_requested"] == .boolean(true) }
    var isAskedToStop: Bool { text("stop_reason") != nil }
    var stopBy: Timestamp? { time("stop_by") }
    var failureCode: String? { member("error", "code").flatMap(Self.text) }

    /// How many places the attempt had to choose from.
    var choices: Int64 {
        guard case .integer(let count) = member("placement", "choices") else { return 1 }
        return count
    }

    var spendMaxUSD: Double? {
        number(member("retry", "spend_max_usd")) ?? number(member("config", "spend_max_usd"))
    }

    var recoveryCount: Int {
        guard case .array(let recoveries) = fields["recoveries"] else { return 0 }
        return recoveries.count
    }

    /// Why the last attempt was given up.
    var lastCause: String? {
        guard case .array(let recoveries) = fields["recoveries"], case .map(let last) = recoveries.last else {
            return nil
        }
        return last["cause"].flatMap(Self.text)
    }

    func member(_ name: String, _ key: String) -> DocumentValue? {
        guard case .map(let members) = fields[name] else { return nil }
        return members[key]
    }

    private func number(_ value: DocumentValue?) -> Double? {
        switch value {
        case .double(let number): number
        case .integer(let number): Double(number)
        default: nil
        }
    }

    private static func text(_ value: DocumentValue?) -> String? {
        guard case .string(let text) = value else { return nil }
        return text
    }

    private static func time(_ value: DocumentValue?) -> Timestamp? {
        guard case .timestamp(let time) = value else { return nil }
        return time
    }
}

import SignalboxCore
import Wire

/// An answer of slurmrestd's.
struct SlurmAnswer: Sendable {
    /// The HTTP status. It tells little: v0.0.38 answers 500 to nearly all that fails.
    let status: Int
    /// The body; null where it is no JSON.
    let json: JSON
    /// What it says went wrong.
    let faults: [SlurmFault]

    /// An answer of its parts.
    init(status: Int, body: [UInt8]) throws(JSONParseError) {
        self.status = status
        let isJSON = body.first { $0 > 0x20 } == UInt8(ascii: "{")
        json = isJSON ? try JSON(parsing: body) : .null
        guard case .array(let errors) = json["errors"] else {
            faults = []
            return
        }
        faults = errors.map { SlurmFault($0) }
    }

    /// Whether the call did what it was to do.
    var isSuccess: Bool { (200..<300).contains(status) && faults.isEmpty && json != .null }

    /// The jobs that it tells of.
    var jobs: [SlurmJob] {
        guard case .array(let jobs) = json["jobs"] else { return [] }
        return jobs.compactMap { SlurmJob($0) }
    }

    /// Whether it names a fault by one of these numbers.
    func has(_ numbers: Set<Int64>) -> Bool { faults.contains { numbers.contains($0.number) } }

    /// Whether it can only be told by another call why it failed.
    var isAmbiguous: Bool {
        status >= 500 && !faults.isEmpty && faults.allSatisfy { SlurmFault.ambiguous.contains($0.number) }
    }

    /// Whether the token was refused, as far as this answer tells.
    var isTokenRefused: Bool { status == 401 || status == 403 || has(SlurmFault.refusedToken) }

    /// What the answer of a call that failed means to a tier.
    func error(version: SlurmVersion) -> TierError {
        switch status {
        case 401, 403: return Self.refusedToken("it answered \(status)")
        case 404 where faults.isEmpty:
            return TierError(.invalidOrder, "slurmrestd does not speak \(version): set SIGNALBOX_SLURM_API")
        case 408, 429, 502, 503, 504: return TierError(.unreachable, "slurmrestd answered \(status): \(message)")
        default: break
        }
        guard let fault = faults.first(where: { !SlurmFault.ambiguous.contains($0.number) }) else {
            return TierError(.unreachable, "Slurm's controller does not answer slurmrestd: \(message)")
        }
        return TierError(fault.code, "Slurm error \(fault.number): \(message)")
    }

    /// The error for a token that does not hold.
    static func refusedToken(_ evidence: String) -> TierError {
        let advice = "is it expired, or another user's than SIGNALBOX_SLURM_USER names?"
        return TierError(
            .permissionDenied,
            "Slurm refuses the token in the file of SIGNALBOX_SLURM_TOKEN_FILE (\(evidence)): \(advice)"
        )
    }

    private var message: String {
        let text = faults.map(\.message).joined(separator: "; ")
        return text.isEmpty ? "no reason given" : text
    }
}

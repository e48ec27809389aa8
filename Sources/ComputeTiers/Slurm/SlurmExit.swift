import Wire

/// How a job's script ended.
///
/// v0.0.38 and v0.0.39 tell the status of wait(2), later versions its parts.
enum SlurmExit: Sendable, Equatable, CustomStringConvertible {
    /// With a status.
    case status(Int)
    /// By a signal.
    case signal(Int)

    /// Reads `exit_code`; nil where it says nothing.
    init?(_ json: JSON?) {
        if let status = SlurmNumber.value(json) {
            let signal = Int(status & 0x7F)
            self = signal == 0 ? .status(Int(status >> 8 & 0xFF)) : .signal(signal)
        } else if let signal = SlurmNumber.value(json?["signal"]?["id"] ?? json?["signal"]?["signal_id"]), signal > 0 {
            self = .signal(Int(signal))
        } else if let status = SlurmNumber.value(json?["return_code"]) {
            self = .status(Int(status))
        } else {
            return nil
        }
    }

    /// `exit status 3`, `signal 9`.
    var description: String {
        switch self {
        case .status(let status): "exit status \(status)"
        case .signal(let signal): "signal \(signal)"
        }
    }
}

import SignalboxCore
import Wire

/// An element of an answer's `errors`.
struct SlurmFault: Sendable, Equatable {
    /// A number of slurm_errno.h; -1 where slurmrestd lost it.
    let number: Int64
    /// For people.
    let message: String

    /// `ESLURM_INVALID_JOB_ID`.
    static let unknownJob: Int64 = 2017
    /// `ESLURM_ALREADY_DONE`, `ESLURM_JOB_FINISHED`: there is nothing to end.
    static let overNumbers: Set<Int64> = [2021, 2084]
    /// Of no meaning by themselves: a controller that cannot be reached (-1) and one that refuses the token (both) look
    /// alike. 5005 is `SLURM_PROTOCOL_SOCKET_ZERO_BYTES_SENT`: the controller hung up.
    static let ambiguous: Set<Int64> = [-1, 0, 5005]
    /// What a refused token looks like to a call whose error number is kept.
    static let refusedToken: Set<Int64> = [1007, 5005, 6000, 6006]

    /// Reads an element; the number has had two names.
    init(_ json: JSON) {
        number = SlurmNumber.value(json["error_number"]) ?? SlurmNumber.value(json["error_code"]) ?? -1
        let texts = [json["error"]?.stringValue, json["description"]?.stringValue].compactMap { $0 }
        message = texts.filter { !$0.isEmpty }.joined(separator: ": ")
    }

    /// What it means to a tier.
    var code: TierError.Code {
        switch number {
        // Protocol, sockets, a controller in standby or too busy.
        case 1000...1006, 1008...1013, 1800...1803, 5000...5005, 6002, 6005, 2007, 2019, 2020, 2027, 2103, 2105, 2131:
            .unreachable
        case 1007, 2002, 2003, 2010, 2052, 6000, 6001, 6006...6008: .permissionDenied
        // Nodes busy, partition not available now, down or draining.
        case 2015, 2016, 2068, 2070, 2101: .capacity
        // Accounting policy: a limit of the association or the QOS.
        case 2050, 2074: .quota
        default: .invalidOrder
        }
    }
}

/// Compute that runs a trainer: this machine, a cluster, a cloud.
///
/// Adding a tier is one conformance. `launch` must be harmless to repeat: a run's name is unique, and a tier that knows
/// the name answers with the run there is.
public protocol ComputeTier: Sendable {
    /// The tier's name in configs and documents: `local`.
    var name: String { get }

    /// Starts a run, or answers with the run of that name.
    ///
    /// - Returns: what the tier calls the run.
    func launch(_ order: RunOrder) async throws(TierError) -> String

    /// The handle of the run of that name; nil where there is none.
    func find(_ runName: String) async throws(TierError) -> String?

    /// How a run is.
    func inspect(_ handle: String) async throws(TierError) -> RunState

    /// Stops a run; stopping one that is over is no error.
    func cancel(_ handle: String) async throws(TierError)
}

/// What to run.
public struct RunOrder: Sendable, Equatable {
    /// The run's name, see ``RunOrder/name(jobID:attempt:)``.
    public var name: String
    /// The job's spec, for `trainer --spec`.
    public var spec: ObjectName
    /// Labels for those who look at the tier.
    public var labels: [String: String]

    /// An order of its parts.
    public init(name: String, spec: ObjectName, labels: [String: String]) {
        self.name = name
        self.spec = spec
        self.labels = labels
    }

    /// The name of an attempt's run, the same whoever launches it: letters, digits and dashes, 63 at most.
    public static func name(jobID: String, attempt: Int) -> String { "signalbox-\(jobID)-a\(attempt)" }
}

/// How a run is, in the words of every tier.
public enum RunState: Sendable, Equatable {
    /// Accepted; the trainer does not run yet.
    case starting
    /// The trainer runs.
    case running
    /// Over, for whatever reason; the detail is the tier's.
    case ended(detail: String)
    /// The provider took the machine back.
    case preempted
    /// The tier knows no such run.
    case gone
}

/// A tier could not do what was asked.
public struct TierError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What happened.
    public enum Code: String, Sendable, CaseIterable {
        /// The tier cannot be reached: no evidence of anything.
        case unreachable
        /// There is no capacity now.
        case capacity
        /// A quota is used up.
        case quota
        /// The credentials may not do this.
        case permissionDenied = "permission_denied"
        /// The order makes no sense to the tier: see the message.
        case invalidOrder = "invalid_order"
        /// The config names a tier that is not configured: see docs/configuration.md.
        case unknownTier = "unknown_tier"
    }

    /// What happened.
    public let code: Code
    /// For people.
    public let message: String

    /// An error of a code.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the same order may work later.
    public var isTransient: Bool { code == .unreachable || code == .capacity || code == .quota }

    /// `capacity: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}

/// What to run.
public struct RunOrder: Sendable, Equatable {
    /// The run's name, see ``RunOrder/name(jobID:attempt:)``.
    public var name: String
    /// The job.
    public var jobID: String
    /// The attempt.
    public var attempt: Int
    /// The robot whose package it is.
    public var robotID: String
    /// The job's spec, for `trainer --spec`.
    public var spec: ObjectName
    /// Where to run.
    public var place: Place
    /// After so long the tier may end the run; it counts from the trainer's start.
    public var runSecondsMax: Int
    /// For so long a machine there is paid for by what the job's spend cap leaves, its time to stop included; nil where
    /// there is no cap, or no price.
    public var paidSecondsMax: Int?
    /// The same as `runSecondsMax` for a limit that counts from the machine's start: with the time for its driver and
    /// its image, but no longer than is paid for.
    public var machineSecondsMax: Int { min(runSecondsMax + JobPolicy.startSecondsMax, paidSecondsMax ?? .max) }

    /// An order of its parts.
    public init(
        jobID: String,
        attempt: Int,
        robotID: String,
        spec: ObjectName,
        place: Place,
        runSecondsMax: Int,
        paidSecondsMax: Int? = nil
    ) {
        name = Self.name(jobID: jobID, attempt: attempt)
        self.jobID = jobID
        self.attempt = attempt
        self.robotID = robotID
        self.spec = spec
        self.place = place
        self.runSecondsMax = runSecondsMax
        self.paidSecondsMax = paidSecondsMax
    }

    /// The first letters of every run's name.
    public static let prefix = "signalbox-"

    /// The name of an attempt's run, the same whoever launches it: letters, digits and dashes, 63 at most.
    public static func name(jobID: String, attempt: Int) -> String { "\(prefix)\(jobID)-a\(attempt)" }

    /// The job and the attempt of a run's name; nil where it is no run of ours.
    public static func parse(_ runName: String) -> (jobID: String, attempt: Int)? {
        guard runName.hasPrefix(prefix), let dash = runName.lastIndex(of: "-"),
            let attempt = Int(runName[dash...].dropFirst(2)), runName[dash...].hasPrefix("-a"), attempt > 0
        else { return nil }
        let jobID = String(runName[..<dash].dropFirst(prefix.count))
        // Written back, so that no second spelling stands for the same run.
        return name(jobID: jobID, attempt: attempt) == runName && !jobID.isEmpty ? (jobID, attempt) : nil
    }
}

/// A run that a tier lists.
public struct TierRun: Sendable, Equatable {
    /// The run's name, see ``RunOrder/name(jobID:attempt:)``.
    public var name: String
    /// What the tier calls it.
    public var handle: String
    /// How it is.
    public var state: RunState

    /// A run of its parts.
    public init(name: String, handle: String, state: RunState) {
        self.name = name
        self.handle = handle
        self.state = state
    }
}

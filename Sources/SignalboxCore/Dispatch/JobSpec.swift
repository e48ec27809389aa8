public import Wire

/// What a trainer is told: `jobs/<job_id>/attempt-<n>/spec.json`.
public struct JobSpec: Sendable, Equatable {
    /// Bytes of a spec.
    public static let bytesMax = 1 << 20
    /// The format's version.
    public static let format: Int64 = 1

    /// The job.
    public var jobID: String
    /// The attempt this run is.
    public var attempt: Int
    /// The package.
    public var packageID: String
    /// How to train.
    public var config: JobConfig
    /// What to train on.
    public var dataset: DatasetReference
    /// After so long the run checkpoints and stops.
    public var runSecondsMax: Int
    /// Whether the machine may be taken back.
    public var provisioning: Place.Provisioning

    /// The spec of a job's attempt.
    public init(job: Job) {
        jobID = job.id
        attempt = job.attempt
        packageID = job.packageID
        config = job.config
        dataset = job.dataset
        runSecondsMax = job.placement?.runSecondsMax ?? JobPolicy().runSecondsMax
        provisioning = job.placement?.place.provisioning ?? .onDemand
    }

    /// Reads a spec.
    ///
    /// - Throws: `JSONTypeError` with the member's place.
    public init(_ reader: JSONReader) throws(JSONTypeError) {
        _ = try reader["format"].integer(in: Self.format...Self.format)
        jobID = try reader["job_id"].string()
        attempt = try reader["attempt"].int(in: 1...Int.max)
        packageID = try reader["package_id"].string()
        config = try JobConfig(reader["config"])
        dataset = try DatasetReference(reader["dataset"], episodesURI: reader["episodes_uri"])
        runSecondsMax = try reader["run_seconds_max"].int(in: 1...Job.secondsMax)
        provisioning = try reader["provisioning"].known()
    }

    /// The spec's members.
    public var json: JSON {
        [
            "format": .integer(Self.format),
            "job_id": .string(jobID),
            "attempt": .integer(Int64(attempt)),
            "package_id": .string(packageID),
            "config": config.json,
            "episodes_uri": .string(dataset.archive.uri),
            "dataset": dataset.json,
            "run_seconds_max": .integer(Int64(runSecondsMax)),
            "provisioning": .string(provisioning.rawValue),
        ]
    }
}

public import Wire

/// Where things lie: the staging bucket of the robots and the training bucket of everything else.
public struct BucketLayout: Sendable, Equatable {
    /// Where robots upload to.
    public var stagingBucket: String
    /// Where verified bytes and what is made of them lie.
    public var trainingBucket: String
    /// Before every name in the training bucket: empty, or ending in a slash.
    public var prefix: String

    /// A layout on two buckets.
    public init(stagingBucket: String, trainingBucket: String, prefix: String = "") {
        self.stagingBucket = stagingBucket
        self.trainingBucket = trainingBucket
        self.prefix = prefix
    }

    /// An object of the training bucket.
    public func object(_ name: String) -> ObjectName { ObjectName(bucket: trainingBucket, name: prefix + name) }

    /// `datasets/<package_id>/<manifest digest>/<name>`.
    ///
    /// The folder is named after the manifest's digest, which commits to the archive's: two robots' archives of the
    /// same episodes never overwrite each other, and a folder's two objects always belong together.
    public func dataset(packageID: String, manifest: Digest, name: String) -> ObjectName {
        object("datasets/\(packageID)/\(manifest.hex.prefix(16))/\(name)")
    }

    /// `jobs/`: what runs start from.
    public var jobs: String { "\(prefix)jobs/" }

    /// `jobs/<job_id>/attempt-<n>/spec.json`.
    public func spec(jobID: String, attempt: Int) -> ObjectName { object("jobs/\(jobID)/attempt-\(attempt)/spec.json") }

    /// `jobs/<job_id>/attempt-<n>/canary-<name>`: what is stored to see whether it can be read back. It goes with the
    /// attempt's other start objects once the job is over.
    public func canary(jobID: String, attempt: Int, name: String) -> ObjectName {
        object("jobs/\(jobID)/attempt-\(attempt)/canary-\(name)")
    }

    /// `checkpoints/<job_id>/`.
    public func checkpoints(jobID: String) -> String { "\(prefix)checkpoints/\(jobID)/" }

    /// `checkpoints/<job_id>/step-<n>/<name>`; steps are padded so that names sort as they count.
    public func checkpoint(jobID: String, step: Int, name: String) -> ObjectName {
        let digits = String(step)
        let padded = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
        return object("checkpoints/\(jobID)/step-\(padded)/\(name)")
    }

    /// `logs/<job_id>/<name>`.
    public func log(jobID: String, name: String) -> ObjectName { object("logs/\(jobID)/\(name)") }

    /// `models/<name>/v<k>/<file>`.
    public func model(_ name: String, version: Int, file: String) -> ObjectName {
        object("models/\(name)/v\(version)/\(file)")
    }

    /// `rejections/`: the receipts of refused packages.
    public var rejections: String { "\(prefix)rejections/" }

    /// `rejections/<package_id>/<archive generation>-<manifest generation>.dsse.json`.
    public func rejection(packageID: String, archiveGeneration: Int64, manifestGeneration: Int64) -> ObjectName {
        object("rejections/\(packageID)/\(archiveGeneration)-\(manifestGeneration).dsse.json")
    }
}

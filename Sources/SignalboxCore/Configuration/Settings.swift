public import Wire

/// The settings that every program shares (`docs/configuration.md`).
public struct Settings: Sendable {
    /// Bytes of a key file.
    public static let keyFileBytesMax = 16 << 10

    let environment: Environment
    let readFile: @Sendable (String, Int) throws -> [UInt8]

    /// Settings from the environment; files are read with `readFile(path, bytesMax)`.
    public init(_ environment: Environment, readFile: @escaping @Sendable (String, Int) throws -> [UInt8]) {
        self.environment = environment
        self.readFile = readFile
    }

    /// `SIGNALBOX_STAGING_BUCKET`, `SIGNALBOX_TRAINING_BUCKET`, `SIGNALBOX_PREFIX`.
    public func layout() throws(ConfigurationError) -> BucketLayout {
        let prefix = environment.text("SIGNALBOX_PREFIX") ?? ""
        guard prefix.isEmpty || prefix.hasSuffix("/") else {
            throw ConfigurationError("SIGNALBOX_PREFIX", "is \"\(prefix)\", which does not end in a slash")
        }
        let staging = try environment.required("SIGNALBOX_STAGING_BUCKET")
        let training = try environment.required("SIGNALBOX_TRAINING_BUCKET")
        guard staging != training else {
            throw ConfigurationError("SIGNALBOX_STAGING_BUCKET", "is also SIGNALBOX_TRAINING_BUCKET: use two buckets")
        }
        return BucketLayout(stagingBucket: staging, trainingBucket: training, prefix: prefix)
    }

    /// `SIGNALBOX_LAUNCH_LEASE_SECONDS` and the other variables of ``JobPolicy``.
    public func jobPolicy() throws(ConfigurationError) -> JobPolicy {
        var policy = JobPolicy()
        for (name, range, path) in Self.policyVariables {
            policy[keyPath: path] = try environment.int(name, in: range, default: policy[keyPath: path])
        }
        return policy
    }

    /// The variables of ``jobPolicy()``: all who write job documents must agree about them.
    public static var policyVariableNames: [String] { policyVariables.map(\.0) }

    private static var policyVariables: [(String, ClosedRange<Int>, WritableKeyPath<JobPolicy, Int>)] {
        let seconds = 1...86_400
        return [
            ("SIGNALBOX_LAUNCH_LEASE_SECONDS", seconds, \.launchLeaseSeconds),
            ("SIGNALBOX_START_LEASE_SECONDS", seconds, \.startLeaseSeconds),
            ("SIGNALBOX_LEASE_SECONDS", seconds, \.leaseSeconds),
            ("SIGNALBOX_ATTEMPTS_MAX", 1...100, \.attemptsMax),
            ("SIGNALBOX_PREEMPTIONS_MAX", 0...300, \.preemptionsMax),
            ("SIGNALBOX_REFUSALS_MAX", 0...300, \.refusalsMax),
            ("SIGNALBOX_RUN_SECONDS_MAX", 60...30 * 86_400, \.runSecondsMax),
            ("SIGNALBOX_QUEUE_SECONDS_MAX", 60...30 * 86_400, \.queueSecondsMax),
            ("SIGNALBOX_JOB_SECONDS_MAX", 60...365 * 86_400, \.jobSecondsMax),
        ]
    }

    /// `SIGNALBOX_ARCHIVE_…`: how much of an archive is read before it is refused.
    public func archiveLimits() throws(ConfigurationError) -> ArchiveLimits {
        var limits = ArchiveLimits.standard
        for (name, range, path) in Self.archiveBytes {
            let number = try environment.int(name, in: range, default: Int(limits[keyPath: path]))
            limits[keyPath: path] = Int64(number)
        }
        for (name, range, path) in Self.archiveCounts {
            limits[keyPath: path] = try environment.int(name, in: range, default: limits[keyPath: path])
        }
        return limits
    }

    /// The variables of ``archiveLimits()``: what intake takes the trainer must take as well.
    public static var archiveVariableNames: [String] { archiveBytes.map(\.0) + archiveCounts.map(\.0) }

    private static var archiveBytes: [(String, ClosedRange<Int>, WritableKeyPath<ArchiveLimits, Int64>)] {
        let bytes = 1...1 << 50
        return [
            ("SIGNALBOX_ARCHIVE_BYTES_MAX", bytes, \.archiveBytesMax),
            ("SIGNALBOX_ARCHIVE_CONTENT_BYTES_MAX", bytes, \.totalBytesMax),
            ("SIGNALBOX_ARCHIVE_MEMBER_BYTES_MAX", bytes, \.memberBytesMax),
            ("SIGNALBOX_ARCHIVE_RATIO_MAX", 1...100_000, \.ratioMax),
        ]
    }

    private static var archiveCounts: [(String, ClosedRange<Int>, WritableKeyPath<ArchiveLimits, Int>)] {
        [
            ("SIGNALBOX_ARCHIVE_MEMBERS_MAX", 1...100_000, \.membersMax),
            ("SIGNALBOX_ARCHIVE_PATH_BYTES_MAX", 1...4096, \.pathBytesMax),
            ("SIGNALBOX_ARCHIVE_PATH_PARTS_MAX", 1...256, \.pathPartsMax),
        ]
    }

    /// `SIGNALBOX_HEARTBEAT_SECONDS`: from one report of the trainer to the next.
    public func heartbeatSeconds() throws(ConfigurationError) -> Int {
        let seconds = try environment.int("SIGNALBOX_HEARTBEAT_SECONDS", in: 1...3600, default: 15)
        guard seconds * 2 <= (try jobPolicy()).leaseSeconds else {
            throw ConfigurationError("SIGNALBOX_HEARTBEAT_SECONDS", "is more than half of SIGNALBOX_LEASE_SECONDS")
        }
        return seconds
    }

    /// `SIGNALBOX_LADDER`: the places in order; nil where it is not set.
    public func ladder() throws(ConfigurationError) -> Ladder? {
        guard let text = environment.text("SIGNALBOX_LADDER") else { return nil }
        do { return try Ladder(parsing: text) } catch { throw ConfigurationError("SIGNALBOX_LADDER", error.message) }
    }

    /// `SIGNALBOX_PRICES`: the path of a price table, in place of the built-in one.
    public func prices() throws(ConfigurationError) -> PriceTable {
        guard environment.text("SIGNALBOX_PRICES") != nil else { return .standard }
        let bytes = try file("SIGNALBOX_PRICES", bytesMax: PriceTable.fileBytesMax)
        do {
            return try PriceTable(JSONReader(JSON(parsing: bytes)))
        } catch {
            throw ConfigurationError("SIGNALBOX_PRICES", "names a file that holds no price table: \(error)")
        }
    }

    /// `SIGNALBOX_RETENTION_…`: days and counts of ``RetentionPolicy``.
    public func retention() throws(ConfigurationError) -> RetentionPolicy {
        let standard = RetentionPolicy()
        func days(_ name: String, _ standard: Int) throws(ConfigurationError) -> Int {
            try environment.int("SIGNALBOX_RETENTION_\(name)_DAYS", in: 0...36_500, default: standard)
        }
        return RetentionPolicy(
            stagingDays: try days("STAGING", standard.stagingDays),
            incompleteDays: try days("INCOMPLETE", standard.incompleteDays),
            checkpointsKept: try environment.int(
                "SIGNALBOX_RETENTION_CHECKPOINTS",
                in: 1...1000,
                default: standard.checkpointsKept
            ),
            logDays: try days("LOG", standard.logDays),
            rejectionDays: try days("REJECTION", standard.rejectionDays)
        )
    }

    /// A private key in PEM (PKCS #8), from the file that a variable names.
    public func privateKey(_ name: String) throws(ConfigurationError) -> Ed25519PrivateKey {
        let text = String(decoding: try file(name, bytesMax: Self.keyFileBytesMax), as: UTF8.self)
        do {
            return try Ed25519PrivateKey(pem: text)
        } catch {
            throw ConfigurationError(name, "names a file that holds no Ed25519 private key in PEM")
        }
    }

    /// A public key in PEM (SubjectPublicKeyInfo), from the file that a variable names.
    public func publicKey(_ name: String) throws(ConfigurationError) -> Ed25519PublicKey {
        let text = String(decoding: try file(name, bytesMax: Self.keyFileBytesMax), as: UTF8.self)
        do {
            return try Ed25519PublicKey(pem: text)
        } catch {
            throw ConfigurationError(name, "names a file that holds no Ed25519 public key in PEM")
        }
    }

    func file(_ name: String, bytesMax: Int) throws(ConfigurationError) -> [UInt8] {
        let path = try environment.required(name)
        do {
            return try readFile(path, bytesMax)
        } catch {
            throw ConfigurationError(name, "names a file that cannot be read: \(error)")
        }
    }
}

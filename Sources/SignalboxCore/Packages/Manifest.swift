public import Wire

/// The signed description of a package: the predicate of an in-toto Statement v1 (`docs/manifest.md`).
public struct Manifest: Sendable, Equatable {
    /// `_type` of the statement.
    public static let statementType = "https://in-toto.io/Statement/v1"
    /// `predicateType` of the statement.
    public static let predicateType = "https://signalbox.dev/package/v1"
    /// Bytes of a manifest's envelope.
    public static let envelopeBytesMax = 16 << 20
    /// Blobs of a package.
    public static let episodesMax = 20_000
    /// UTF-8 bytes of a blob's path.
    public static let pathBytesMax = 512

    /// One file of the archive.
    public struct Blob: Sendable, Equatable {
        /// Relative path in the archive, `/` between parts.
        public var path: String
        /// Bytes.
        public var size: Int64
        /// SHA-256 of the bytes.
        public var digest: Digest

        /// A blob of its parts.
        public init(path: String, size: Int64, digest: Digest) {
            self.path = path
            self.size = size
            self.digest = digest
        }
    }

    /// What ran on the robot.
    public struct Software: Sendable, Equatable {
        /// Version of the robot's runtime.
        public var continuonBrainRuntime: String
        /// Version of the app.
        public var continuonAIApp: String

        /// Software by its versions.
        public init(continuonBrainRuntime: String, continuonAIApp: String) {
            self.continuonBrainRuntime = continuonBrainRuntime
            self.continuonAIApp = continuonAIApp
        }
    }

    /// Derived from the content, see ``PackageID``.
    public var packageID: String
    /// The robot.
    public var robotID: String
    /// Where it was captured.
    public var environmentID: String
    /// What ran on the robot.
    public var software: Software
    /// The first moment captured.
    public var captureStart: Timestamp
    /// The last moment captured.
    public var captureEnd: Timestamp
    /// When the package was made.
    public var packagedAt: Timestamp
    /// The archive.
    public var archive: Blob
    /// The archive's members.
    public var episodes: [Blob]
    /// How to train, where the robot says so.
    public var training: JobConfig?

    /// A manifest of its parts; the id is derived.
    public init(
        robotID: String,
        environmentID: String,
        software: Software,
        captureStart: Timestamp,
        captureEnd: Timestamp,
        packagedAt: Timestamp,
        archive: Blob,
        episodes: [Blob],
        training: JobConfig?
    ) {
        packageID = PackageID.derive(environmentID: environmentID, robotID: robotID, episodes: episodes)
        self.robotID = robotID
        self.environmentID = environmentID
        self.software = software
        self.captureStart = captureStart
        self.captureEnd = captureEnd
        self.packagedAt = packagedAt
        self.archive = archive
        self.episodes = episodes
        self.training = training
    }
}

public import Wire

/// The signed answer to an upload: the robot may delete its copy only when it holds an accepted one.
public struct Receipt: Sendable, Equatable {
    /// The DSSE payload type.
    public static let payloadType = "application/vnd.signalbox.receipt+json"
    /// Bytes of a receipt's envelope.
    public static let envelopeBytesMax = 64 << 10

    /// What became of the package.
    public enum Status: String, Sendable, CaseIterable {
        /// Verified and kept; a job is open.
        case accepted
        /// Refused for good.
        case rejected
    }

    /// The package as its path says.
    public var packageID: String
    /// The robot as its path says.
    public var robotID: String
    /// What became of it.
    public var status: Status
    /// Why it was refused.
    public var code: RefusalCode?
    /// For people.
    public var message: String
    /// The generation of the archive that was judged.
    public var archiveGeneration: Int64
    /// The generation of the manifest that was judged.
    public var manifestGeneration: Int64
    /// The digest of the archive's bytes; nil where it was refused before they were verified.
    public var archiveDigest: Digest?
    /// The digest of the manifest's bytes; nil where it was refused before its signature was found good.
    public var manifestDigest: Digest?
    /// The job, where it was accepted.
    public var jobID: String?
    /// Whether the package had been accepted before: nothing new is trained.
    public var isDuplicate: Bool
    /// What was found in its episodes; nil where it did not come to that.
    public var episodes: EpisodeReport?
    /// When it was decided.
    public var decidedAt: Timestamp

    /// A receipt of its parts.
    public init(
        packageID: String,
        robotID: String,
        status: Status,
        code: RefusalCode? = nil,
        message: String,
        archiveGeneration: Int64,
        manifestGeneration: Int64,
        archiveDigest: Digest? = nil,
        manifestDigest: Digest? = nil,
        jobID: String? = nil,
        isDuplicate: Bool = false,
        episodes: EpisodeReport? = nil,
        decidedAt: Timestamp
    ) {
        self.packageID = packageID
        self.robotID = robotID
        self.status = status
        self.code = code
        self.message = message
        self.archiveGeneration = archiveGeneration
        self.manifestGeneration = manifestGeneration
        self.archiveDigest = archiveDigest
        self.manifestDigest = manifestDigest
        self.jobID = jobID
        self.isDuplicate = isDuplicate
        self.episodes = episodes
        self.decidedAt = decidedAt
    }

    /// The payload.
    public var json: JSON {
        [
            "package_id": .string(packageID),
            "robot_id": .string(robotID),
            "status": .string(status.rawValue),
            "code": code.map { .string($0.rawValue) } ?? .null,
            "message": .string(message),
            "archive_generation": .string(String(archiveGeneration)),
            "manifest_generation": .string(String(manifestGeneration)),
            "archive_sha256": archiveDigest.map { .string($0.hex) } ?? .null,
            "manifest_sha256": manifestDigest.map { .string($0.hex) } ?? .null,
            "job_id": jobID.map(JSON.string) ?? .null,
            "duplicate": .bool(isDuplicate),
            "episode_findings": episodes?.json ?? .null,
            "decided_at": .string(decidedAt.description),
        ]
    }

    /// What a robot uploaded.
    public struct Subject: Sendable {
        let archiveGeneration: Int64
        let manifestGeneration: Int64
        let archiveDigest: Digest
        let manifestDigest: Digest

        /// An upload of these generations and bytes.
        public init(
            archiveGeneration: Int64,
            manifestGeneration: Int64,
            archiveDigest: Digest,
            manifestDigest: Digest
        ) {
            self.archiveGeneration = archiveGeneration
            self.manifestGeneration = manifestGeneration
            self.archiveDigest = archiveDigest
            self.manifestDigest = manifestDigest
        }
    }

    /// Whether it speaks of an upload: of its generations, or of the same bytes, which somebody else may have written
    /// once more meanwhile.
    public func isOf(_ upload: Subject) -> Bool {
        (archiveGeneration == upload.archiveGeneration && manifestGeneration == upload.manifestGeneration)
            || (archiveDigest == upload.archiveDigest && manifestDigest == upload.manifestDigest)
    }

    /// It speaks of a manifest's package, and of no other archive of the same episodes.
    ///
    /// - Throws: ``Refusal`` `wrong_place`, `archive_digest`.
    public func check(isOf manifest: Manifest) throws(Refusal) {
        guard packageID == manifest.packageID, robotID == manifest.robotID else {
            throw Refusal(.wrongPlace, "the receipt is of \(robotID)/\(packageID)")
        }
        guard archiveDigest.map({ $0 == manifest.archive.digest }) ?? true else {
            throw Refusal(.archiveDigest, "the receipt is of another archive of the same episodes")
        }
    }

    /// The receipt as a signed envelope.
    public func signed(by key: Ed25519PrivateKey, keyID: String) -> [UInt8] {
        DSSEEnvelope(signing: json.bytes, type: Self.payloadType, key: key, keyID: keyID).bytes
    }

    /// Reads an envelope that the intake's key signed.
    ///
    /// - Throws: ``Refusal`` `envelope_malformed`, `payload_type`, `bad_signature`.
    public init(verifying bytes: [UInt8], key: Ed25519PublicKey) throws(Refusal) {
        let envelope = try DSSEEnvelope(parsing: bytes)
        guard envelope.payloadType == Self.payloadType else {
            throw Refusal(.payloadType, "wanted payload type \(Self.payloadType)")
        }
        guard envelope.signatures.contains(where: { envelope.isValid($0, by: key) }) else {
            throw Refusal(.badSignature, "the receipt is not signed by the intake's key")
        }
        try self.init(payload: envelope.payload)
    }

    /// Reads an envelope that anybody may have written: to be shown as such, never to be believed.
    ///
    /// - Throws: ``Refusal`` `envelope_malformed`.
    init(unverified bytes: [UInt8]) throws(Refusal) {
        try self.init(payload: DSSEEnvelope(parsing: bytes).payload)
    }

    private init(payload: [UInt8]) throws(Refusal) {
        do {
            try self.init(JSONReader(try JSON(parsing: payload)))
        } catch {
            throw Refusal(.envelopeMalformed, "not a receipt: \(error)")
        }
    }

    private init(_ reader: JSONReader) throws {
        self.init(
            packageID: try reader["package_id"].string(),
            robotID: try reader["robot_id"].string(),
            status: try reader["status"].known(),
            code: try reader["code"].optional.flatMap { RefusalCode(rawValue: try $0.string()) },
            message: try reader["message"].string(),
            archiveGeneration: try reader["archive_generation"].generation(),
            manifestGeneration: try reader["manifest_generation"].generation(),
            archiveDigest: try reader["archive_sha256"].optional?.digest(),
            manifestDigest: try reader["manifest_sha256"].optional?.digest(),
            jobID: try reader["job_id"].optional?.string(),
            isDuplicate: try reader["duplicate"].bool(),
            episodes: try EpisodeReport(reader["episode_findings"]),
            decidedAt: try reader["decided_at"].timestamp()
        )
    }
}

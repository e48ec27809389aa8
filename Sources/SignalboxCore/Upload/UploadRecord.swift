public import Wire

/// The document `uploads/{package_id}`: what was let in through the API, by which key, and for how long it keeps other
/// content of the same package out.
public struct UploadRecord: Sendable, Equatable {
    /// The collection.
    public static let collection = "uploads"
    /// How long an upload keeps others out, from its last session on.
    public static let heldSeconds = 3600
    /// How long a complete upload that nobody has judged yet keeps others out: an outage of the intake passes, and
    /// nothing has to be sent twice for it.
    public static let undecidedSeconds = 86_400
    /// How long it is known who may ask for the receipt.
    public static let keptSeconds = 30 * 86_400

    /// The path of a package's upload.
    public static func path(of packageID: String) -> String { "\(collection)/\(packageID)" }

    /// The robot.
    public var robotID: String
    /// The key that signed.
    public var keyID: String
    /// The archive that was announced.
    public var archiveDigest: Digest
    /// Its checksum.
    public var archiveCRC32C: CRC32C
    /// The job that the content is for.
    public var jobID: String
    /// Until when others are kept out.
    public var heldUntil: Timestamp

    init(_ manifest: Manifest, keyID: String, crc32c: CRC32C, now: Timestamp) {
        robotID = manifest.robotID
        self.keyID = keyID
        archiveDigest = manifest.archive.digest
        archiveCRC32C = crc32c
        jobID = JobID.derive(packageID: manifest.packageID, config: manifest.training ?? .standard)
        heldUntil = (now + .seconds(Self.heldSeconds)).truncatedToMicroseconds
    }

    /// Reads a document; nil for one that another version wrote.
    init?(_ document: Document) {
        let fields = document.fields
        guard case .string(let robotID) = fields["robot_id"], case .string(let keyID) = fields["key_id"],
            case .string(let digest) = fields["archive_sha256"], let archiveDigest = Digest(hex: digest),
            case .string(let checksum) = fields["archive_crc32c"], let crc32c = CRC32C(base64: checksum),
            case .string(let jobID) = fields["job_id"], case .timestamp(let heldUntil) = fields["held_until"]
        else { return nil }
        self.robotID = robotID
        self.keyID = keyID
        self.archiveDigest = archiveDigest
        archiveCRC32C = crc32c
        self.jobID = jobID
        self.heldUntil = heldUntil
    }

    /// The document's fields.
    func fields(now: Timestamp) -> [String: DocumentValue] {
        [
            "robot_id": .string(robotID),
            "key_id": .string(keyID),
            "archive_sha256": .string(archiveDigest.hex),
            "archive_crc32c": .string(archiveCRC32C.base64),
            "job_id": .string(jobID),
            "held_until": .timestamp(heldUntil),
            ExpiredDocuments.field: .timestamp((now + .seconds(Self.keptSeconds)).truncatedToMicroseconds),
        ]
    }

    /// Whether both are for the same bytes and the same job.
    func isSameContent(as other: UploadRecord) -> Bool {
        archiveDigest == other.archiveDigest && archiveCRC32C == other.archiveCRC32C && jobID == other.jobID
    }
}

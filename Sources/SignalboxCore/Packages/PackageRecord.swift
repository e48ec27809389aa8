import Wire

/// The document `packages/{package_id}`: what became of a package.
public enum PackageRecord {
    /// The collection of package documents.
    public static let collection = "packages"

    /// The path of a package's document.
    public static func path(of packageID: String) -> String { "\(collection)/\(packageID)" }

    /// The fields of an accepted package.
    static func accepted(
        _ package: VerifiedPackage,
        _ episodes: EpisodeReport,
        jobID: String,
        isDuplicate: Bool,
        now: Timestamp
    ) -> [String: DocumentValue] {
        let staged = package.staged
        return [
            "status": .string(Receipt.Status.accepted.rawValue),
            "robot_id": .string(package.manifest.robotID),
            "environment_id": .string(package.manifest.environmentID),
            "key_id": .string(package.keyIDs[0]),
            keyIDsField: .array(package.keyIDs.map(DocumentValue.string)),
            "job_id": .string(jobID),
            "duplicate": .boolean(isDuplicate),
            "episodes": .integer(Int64(package.manifest.episodes.count)),
            findingsField: DocumentValue(plain: episodes.json),
            manifestDigestField: .string(package.manifestDigest.hex),
            archiveDigestField: .string(package.manifest.archive.digest.hex),
            "archive_size": .integer(staged.archive.size),
            "staged_archive_generation": .string(String(staged.archive.generation)),
            "staged_manifest_generation": .string(String(staged.manifest.generation)),
            "decided_at": .timestamp(now.truncatedToMicroseconds),
        ]
    }

    /// Every key that signed and might.
    private static let keyIDsField = "key_ids"
    /// The digest of the manifest that was judged; of a refused package only where its signature was good.
    private static let manifestDigestField = "manifest_sha256"
    /// The digest of the archive that was judged; of a refused package only where its bytes were verified.
    private static let archiveDigestField = "archive_sha256"

    /// Whether a key is among those that signed an accepted package.
    static func isSigned(_ record: Document, by keyID: String) -> Bool {
        if record.fields["key_id"] == .string(keyID) { return true }
        guard case .array(let keyIDs) = record.fields[keyIDsField] else { return false }
        return keyIDs.contains(.string(keyID))
    }

    /// What the episodes were found to be, in a record of either kind.
    private static let findingsField = "episode_findings"

    /// What was found in the package's episodes when it was judged; nil where it was not told.
    static func episodes(_ record: Document?) -> EpisodeReport? {
        guard let value = record?.fields[findingsField] else { return nil }
        return (try? EpisodeReport(JSONReader(value.plain))) ?? nil
    }

    /// Whether this very upload was recorded as a duplicate; nil where the record is of another upload or of none.
    static func duplicate(_ staged: StagedPackage, _ record: Document?) -> Bool? {
        guard let fields = record?.fields,
            fields["staged_archive_generation"] == .string(String(staged.archive.generation)),
            fields["staged_manifest_generation"] == .string(String(staged.manifest.generation)),
            case .boolean(let isDuplicate) = fields["duplicate"]
        else { return nil }
        return isDuplicate
    }

    /// This very upload with the digests that its record has; as it is where the record is of another upload.
    static func digested(_ staged: StagedPackage, _ record: Document?) -> StagedPackage {
        guard let record, duplicate(staged, record) != nil else { return staged }
        var staged = staged
        staged.manifestDigest = digest(manifestDigestField, of: record)
        staged.archiveDigest = digest(archiveDigestField, of: record)
        return staged
    }

    private static func digest(_ field: String, of record: Document) -> Digest? {
        record.fields[field]?.text.flatMap { Digest(hex: $0) }
    }

    /// The job that this very upload was accepted for.
    static func acceptedJob(_ staged: StagedPackage, _ record: Document) -> String? {
        guard record.fields["status"] == .string(Receipt.Status.accepted.rawValue),
            duplicate(staged, record) != nil, case .string(let jobID) = record.fields["job_id"]
        else { return nil }
        return jobID
    }

    /// The fields of a refused package.
    static func rejected(
        _ staged: StagedPackage,
        _ refusal: Refusal,
        _ episodes: EpisodeReport?,
        receipt: ObjectName,
        now: Timestamp
    ) -> [String: DocumentValue] {
        [
            "status": .string(Receipt.Status.rejected.rawValue),
            "robot_id": .string(staged.place.robotID),
            "code": .string(refusal.code.rawValue),
            "message": .string(refusal.message),
            findingsField: episodes.map { DocumentValue(plain: $0.json) } ?? .null,
            manifestDigestField: staged.manifestDigest.map { .string($0.hex) } ?? .null,
            archiveDigestField: staged.archiveDigest.map { .string($0.hex) } ?? .null,
            "receipt_uri": .string(receipt.uri),
            "staged_archive_generation": .string(String(staged.archive.generation)),
            "staged_manifest_generation": .string(String(staged.manifest.generation)),
            "decided_at": .timestamp(now.truncatedToMicroseconds),
        ]
    }

    /// What a package's document says of its receipt; nil for a document that is none of a package.
    static func receipt(_ document: Document) -> Receipt? {
        let fields = document.fields
        func text(_ name: String) -> String? { fields[name]?.text }
        guard let status = text("status").flatMap({ Receipt.Status(rawValue: $0) }), let robotID = text("robot_id"),
            let archive = text("staged_archive_generation").flatMap({ Int64($0) }),
            let manifest = text("staged_manifest_generation").flatMap({ Int64($0) }),
            case .timestamp(let decidedAt) = fields["decided_at"]
        else { return nil }
        return Receipt(
            packageID: document.id,
            robotID: robotID,
            status: status,
            code: text("code").flatMap { RefusalCode(rawValue: $0) },
            message: text("message") ?? status.rawValue,
            archiveGeneration: archive,
            manifestGeneration: manifest,
            archiveDigest: digest(archiveDigestField, of: document),
            manifestDigest: digest(manifestDigestField, of: document),
            jobID: text("job_id"),
            isDuplicate: fields["duplicate"] == .boolean(true),
            decidedAt: decidedAt
        )
    }
}

extension DocumentValue {
    fileprivate var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

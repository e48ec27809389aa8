import Wire

/// What becomes of an announced package, told from what is known of its id: a pure function (`docs/upload-api.md`).
enum UploadCase: Equatable {
    /// Decided already, with this very content: the receipt there is.
    case decided(receipt: [UInt8])
    /// The archive is in staging: the manifest is all that is needed, laid anew where nothing would judge it otherwise.
    case uploaded(relay: Bool)
    /// The archive is to be sent; a stale one has to go first.
    case session(stale: ObjectMetadata?)
    /// Other content has the id.
    case refused(ProblemCode, String)

    /// What is announced.
    struct Announcement {
        let manifest: Manifest
        let envelope: [UInt8]
        let upload: UploadRecord

        /// Whether a staged archive has the announced bytes.
        func isArchive(_ object: ObjectMetadata?) -> Bool {
            object.map { $0.size == manifest.archive.size && $0.crc32c == upload.archiveCRC32C } ?? false
        }

        /// Whether a staged manifest is this one, byte by byte.
        func isManifest(_ object: ObjectMetadata?) -> Bool {
            object.map { $0.size == Int64(envelope.count) && $0.crc32c == CRC32C.checksum(of: envelope) } ?? false
        }
    }

    /// What is known of the package's id.
    struct Facts {
        var record: Document?
        var held: UploadRecord?
        var archive: ObjectMetadata?
        var manifest: ObjectMetadata?
        var receipt: [UInt8]?
    }

    init(_ announced: Announcement, _ facts: Facts, now: Timestamp) {
        let decision = facts.record.flatMap { Decision($0) }
        if let decision, decision.status == .accepted {
            guard decision.archiveDigest == announced.manifest.archive.digest.hex else {
                self = .refused(.packageConflict, "the package was accepted with another archive: nothing is replaced")
                return
            }
            if decision.jobID == announced.upload.jobID {
                self = Self.again(decision, announced, facts)
                return
            }
        }
        let isOver = decision?.isOf(facts.archive, facts.manifest) ?? false
        if let held = facts.held, !isOver, held.heldUntil > now, !held.isSameContent(as: announced.upload) {
            let detail = "other content of the package is on its way; its place is free after \(held.heldUntil)"
            self = .refused(.uploadInProgress, detail)
            return
        }
        if let decision, decision.status == .rejected, isOver {
            self = Self.afterRejection(decision, announced, facts)
            return
        }
        if announced.isArchive(facts.archive) {
            self = .uploaded(relay: !announced.isManifest(facts.manifest))
            return
        }
        // Nobody announced it here: a robot with rights of its own may just have sent it.
        if let archive = facts.archive, facts.held == nil, !isOver,
            now - archive.updated < .seconds(UploadRecord.heldSeconds)
        {
            self = .refused(.uploadInProgress, "another archive of the package waits to be judged: ask again later")
            return
        }
        self = .session(stale: facts.archive)
    }

    /// The very content was accepted: its receipt, or a new judgement where that one was pruned or replaced.
    private static func again(_ decision: Decision, _ announced: Announcement, _ facts: Facts) -> UploadCase {
        if let receipt = facts.receipt, decision.isReceipt(receipt) { return .decided(receipt: receipt) }
        return announced.isArchive(facts.archive) ? .uploaded(relay: true) : .session(stale: facts.archive)
    }

    /// What is in staging was refused. Found here again, it would be refused again, unless the reason was the manifest:
    /// that one was just found good.
    private static func afterRejection(
        _ decision: Decision,
        _ announced: Announcement,
        _ facts: Facts
    ) -> UploadCase {
        guard announced.isArchive(facts.archive) else { return .session(stale: facts.archive) }
        if announced.isManifest(facts.manifest), !decision.isAboutManifest, let receipt = facts.receipt,
            decision.isReceipt(receipt)
        {
            return .decided(receipt: receipt)
        }
        return .uploaded(relay: true)
    }
}

/// What a package's record says was decided.
private struct Decision {
    let status: Receipt.Status
    let archiveDigest: String?
    let jobID: String?
    private let code: RefusalCode?
    private let archiveGeneration: String
    private let manifestGeneration: String

    init?(_ record: Document) {
        func text(_ name: String) -> String? {
            guard case .string(let text) = record.fields[name] else { return nil }
            return text
        }
        guard let status = text("status").flatMap({ Receipt.Status(rawValue: $0) }),
            let archive = text("staged_archive_generation"), let manifest = text("staged_manifest_generation")
        else { return nil }
        self.status = status
        archiveDigest = text("archive_sha256")
        jobID = text("job_id")
        code = text("code").flatMap { RefusalCode(rawValue: $0) }
        archiveGeneration = archive
        manifestGeneration = manifest
    }

    /// Whether it is the manifest that was refused.
    var isAboutManifest: Bool { code?.isAboutManifest ?? true }

    /// Whether these very objects were judged.
    func isOf(_ archive: ObjectMetadata?, _ manifest: ObjectMetadata?) -> Bool {
        archive.map { String($0.generation) } == archiveGeneration
            && manifest.map { String($0.generation) } == manifestGeneration
    }

    /// Whether an envelope is the receipt of this decision; whose it is, its reader checks by the intake's key.
    func isReceipt(_ envelope: [UInt8]) -> Bool {
        guard let payload = try? DSSEEnvelope(parsing: envelope).payload, let json = try? JSON(parsing: payload) else {
            return false
        }
        return json["status"] == .string(status.rawValue) && json["archive_generation"] == .string(archiveGeneration)
            && json["manifest_generation"] == .string(manifestGeneration)
    }
}

extension RefusalCode {
    /// Whether it can be told from the manifest alone.
    var isAboutManifest: Bool {
        switch self {
        case .envelopeMalformed, .payloadType, .unsigned, .unknownKey, .keyNotForEnvironment, .keyNotYetValid,
            .keyExpired, .keyRevoked, .badSignature, .manifestSchema, .packageID, .wrongPlace, .manifestTooLong:
            true
        default: false
        }
    }
}

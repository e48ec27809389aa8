import Wire

/// What becomes of an announced package, told from what is known of its id: a pure function (`docs/upload-api.md`).
enum UploadCase: Equatable {
    /// Decided already, with this very content: the receipt there is.
    case decided(receipt: [UInt8])
    /// The archive is in staging: the manifest is all that is needed, laid anew where nothing would judge it otherwise.
    /// Judged archives under other names go.
    case uploaded(relay: Bool, stale: [ObjectMetadata])
    /// The archive is to be sent; stale ones have to go first.
    case session(stale: [ObjectMetadata])
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
        /// The archive under the announced name.
        var archive: ObjectMetadata?
        /// Archives under the other names that one may have.
        var others: [ObjectMetadata] = []
        var manifest: ObjectMetadata?
        var receipt: [UInt8]?

        var archives: [ObjectMetadata] { (archive.map { [$0] } ?? []) + others }
    }

    init(_ announced: Announcement, _ facts: Facts, now: Timestamp) {
        let decision = facts.record.flatMap { Decision($0) }
        let isAgain = decision?.status == .accepted && decision?.jobID == announced.upload.jobID
        if let decision, decision.status == .accepted {
            guard decision.archiveDigest == announced.manifest.archive.digest.hex else {
                self = .refused(.packageConflict, "the package was accepted with another archive: nothing is replaced")
                return
            }
            if isAgain, let receipt = facts.receipt, decision.isReceipt(receipt) {
                self = .decided(receipt: receipt)
                return
            }
        }
        let judged = facts.archives.filter { decision?.isOf($0, facts.manifest) ?? false }
        if judged.isEmpty, let held = facts.held, held.heldUntil > now, !held.isSameContent(as: announced.upload) {
            let detail = "other content of the package is on its way; its place is free after \(held.heldUntil)"
            self = .refused(.uploadInProgress, detail)
            return
        }
        // Found here again it would be refused again, unless the reason was the manifest: that one was just found good.
        let isThere = announced.isArchive(facts.archive)
        let isManifestThere = announced.isManifest(facts.manifest)
        if let decision, decision.status == .rejected, !judged.isEmpty, isThere, isManifestThere,
            !decision.isAboutManifest, let receipt = facts.receipt, decision.isReceipt(receipt)
        {
            self = .decided(receipt: receipt)
            return
        }
        if let until = Self.waiting(announced, facts, judged), until > now {
            let detail = "another archive of the package waits to be judged; its place is free after \(until)"
            self = .refused(.uploadInProgress, detail)
            return
        }
        // The very content that was accepted comes here too where its receipt was pruned or replaced.
        self =
            isThere
            ? .uploaded(
                relay: isAgain || !judged.isEmpty || !isManifestThere,
                stale: judged.filter { $0 != facts.archive }
            )
            : .session(stale: facts.archives)
    }

    /// Until when archives that nobody has judged yet keep the announced content out; nil where there are none.
    private static func waiting(
        _ announced: Announcement,
        _ facts: Facts,
        _ judged: [ObjectMetadata]
    ) -> Timestamp? {
        // The announced upload itself is what waits here.
        if announced.isArchive(facts.archive), announced.isManifest(facts.manifest) { return nil }
        let waiting = facts.archives.filter { archive in
            !judged.contains(archive) && !(archive == facts.archive && announced.isArchive(archive))
        }
        // One that no manifest has come for may be what is left of a robot's upload that broke off.
        let isComplete = facts.manifest != nil && judged.isEmpty
        let seconds = isComplete ? UploadRecord.undecidedSeconds : UploadRecord.heldSeconds
        return waiting.map(\.updated).max().map { $0 + .seconds(seconds) }
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
        case .envelopeMalformed, .payloadType, .unsigned, .unknownKey, .keyNotForEnvironment, .keyNotForRobot,
            .keyNotYetValid, .keyExpired, .keyRevoked, .badSignature, .manifestSchema, .packageID, .wrongPlace,
            .manifestTooLong:
            true
        default: false
        }
    }
}

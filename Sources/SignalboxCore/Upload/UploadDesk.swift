public import Wire

/// Lets packages in by their signed manifests, before a byte of an archive is taken (`docs/upload-api.md`).
public struct UploadDesk: Sendable {
    /// Where manifests are announced.
    public static let uploadPath = "/api/training/cloud/upload"
    /// The field with the archive's CRC32C, base64 as Cloud Storage writes it; covered by the request's signature.
    public static let crc32cField = "Signalbox-Archive-CRC32C"
    /// The media types of a manifest.
    public static let mediaTypes = ["application/json", "application/vnd.dsse.envelope.v1+json"]
    /// Tries against others who change the same package.
    static let racesMax = 5
    /// How soon a receipt may be asked for again.
    static let receiptSeconds = 1

    let objects: any ObjectStore
    let documents: any DocumentStore
    let sessions: any UploadSessions
    let layout: BucketLayout
    let authenticator: RequestAuthenticator
    let limits: ArchiveLimits
    let clock: any Clock

    /// A desk of its stores.
    public init(
        objects: any ObjectStore,
        documents: any DocumentStore,
        sessions: any UploadSessions,
        layout: BucketLayout,
        authenticator: RequestAuthenticator,
        limits: ArchiveLimits = .standard,
        clock: any Clock
    ) {
        self.objects = objects
        self.documents = documents
        self.sessions = sessions
        self.layout = layout
        self.authenticator = authenticator
        self.limits = limits
        self.clock = clock
    }

    /// Where the receipt of a package is.
    public static func receiptPath(of packageID: String) -> String { "/api/training/cloud/receipts/\(packageID)" }

    /// Judges an announced manifest, and says where its archive goes.
    ///
    /// - Parameter envelope: the body.
    /// - Throws: ``Problem``.
    public func announce(_ request: SignedRequest, envelope: [UInt8]) async throws(Problem) -> UploadOffer {
        try authenticator.checkHost(of: request)
        try Self.checkForm(request, envelope)
        let crc32c = try Self.crc32c(request.headers)
        let keyring = try await authenticator.keyring(for: request)
        let key = try await authenticator.key(
            of: request,
            content: envelope,
            covering: [Self.crc32cField],
            in: keyring
        )
        let verified: VerifiedManifest
        do throws(Refusal) {
            verified = try ManifestVerifier(keyring: keyring).verify(envelope, now: clock.now())
        } catch {
            throw Problem(error)
        }
        let manifest = verified.manifest
        guard verified.keyIDs.contains(key.keyID) else {
            let detail = "the manifest is signed by another key of the keyring: sign the request by that one"
            throw Problem(.signerMismatch, detail, pointer: "/signatures/0/keyid")
        }
        guard manifest.archive.size <= limits.archiveBytesMax else {
            let detail = "the archive has \(manifest.archive.size) bytes, more than \(limits.archiveBytesMax)"
            throw Problem(.archiveTooLong, detail, pointer: "/payload/predicate/archive/size")
        }
        let upload = UploadRecord(manifest, keyID: key.keyID, crc32c: crc32c, now: clock.now())
        return try await offer(UploadCase.Announcement(manifest: manifest, envelope: envelope, upload: upload))
    }

    /// The receipt of a package that the request's key uploaded.
    ///
    /// - Returns: the signed envelope.
    /// - Throws: ``Problem``: `package_unknown` also for a package of somebody else, `receipt_pending`.
    public func receipt(of packageID: String, _ request: SignedRequest) async throws(Problem) -> [UInt8] {
        try authenticator.checkHost(of: request)
        let keyring = try await authenticator.keyring(for: request)
        let key = try await authenticator.key(of: request, content: [], covering: [], in: keyring)
        guard PackageID.isWellFormed(packageID) else { throw Self.unknown }
        do throws(StoreError) {
            let record = try await documents.get(PackageRecord.path(of: packageID))
            let upload = try await documents.get(UploadRecord.path(of: packageID)).flatMap { UploadRecord($0) }
            let robotID: String
            if let upload, upload.keyID == key.keyID {
                robotID = upload.robotID
            } else if let record, PackageRecord.isSigned(record, by: key.keyID),
                case .string(let robot) = record.fields["robot_id"]
            {
                robotID = robot
            } else {
                throw StoreError(.notFound, packageID)
            }
            let place = PackageLocation(bucket: layout.stagingBucket, robotID: robotID, packageID: packageID)
            guard let receipt = try await receipt(at: place) else {
                throw StoreError(.outOfRange, packageID)
            }
            return receipt
        } catch {
            switch error.code {
            case .notFound: throw Self.unknown
            case .outOfRange:
                let detail = "ask again; the intake judges a package when both of its objects are there"
                throw Problem(.receiptPending, detail, retryAfterSeconds: Self.receiptSeconds)
            default: throw Problem(error)
            }
        }
    }

    private static let unknown = Problem(.packageUnknown, "no package of that id was uploaded by this key")

    /// What can be told before anything is read.
    private static func checkForm(_ request: SignedRequest, _ envelope: [UInt8]) throws(Problem) {
        let type = request.headers.combined("content-type") ?? ""
        let essence = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard mediaTypes.contains(essence) else {
            let detail = "wanted \(mediaTypes.joined(separator: " or ")), the body being the manifest's DSSE envelope"
            throw Problem(.contentTypeUnsupported, detail, field: "Content-Type")
        }
        guard !envelope.isEmpty else { throw Problem(.bodyMissing, "wanted the manifest's DSSE envelope as the body") }
        guard envelope.count <= Manifest.envelopeBytesMax else { throw tooLong }
    }

    /// A body beyond ``Manifest/envelopeBytesMax``.
    public static var tooLong: Problem {
        Problem(.bodyTooLong, "the body has more than \(Manifest.envelopeBytesMax) bytes: split the package")
    }

    private static func crc32c(_ headers: HTTPHeaders) throws(Problem) -> CRC32C {
        guard let text = headers.combined(crc32cField) else {
            throw Problem(.crc32cMissing, "wanted the archive's CRC32C in base64", field: crc32cField)
        }
        guard let crc32c = CRC32C(base64: text) else {
            throw Problem(.crc32cMalformed, "wanted base64 of 4 bytes, most significant first", field: crc32cField)
        }
        return crc32c
    }
}

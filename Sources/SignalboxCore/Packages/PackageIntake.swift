public import Wire

/// What an uploaded object came to.
public enum IntakeOutcome: Sendable, Equatable {
    /// No part of a package.
    case notAPackage
    /// An object of another bucket than staging: whoever sends such events is misconfigured, or no friend.
    case bucketNotAllowed
    /// The other half is not there yet; its event will come.
    case incomplete(missing: String)
    /// The object was replaced or deleted meanwhile; a newer event speaks of what is there.
    case superseded
    /// Verified, kept and a job opened.
    case accepted(jobID: String)
    /// The same job was open already: nothing is trained again.
    case duplicate(jobID: String)
    /// Refused for good.
    case rejected(Refusal)

    /// A closed code for logs.
    public var code: String {
        switch self {
        case .notAPackage: "not_a_package"
        case .bucketNotAllowed: "bucket_not_allowed"
        case .incomplete: "package_incomplete"
        case .superseded: "object_superseded"
        case .accepted: "package_accepted"
        case .duplicate: "package_duplicate"
        case .rejected(let refusal): refusal.code.rawValue
        }
    }
}

/// Judges uploaded packages: verifies them, keeps the good ones and opens their jobs, refuses the others with a
/// receipt.
public struct PackageIntake: Sendable {
    /// Custom metadata of a judged object: `accepted` or `rejected`.
    public static let statusKey = "signalbox-status"
    /// Custom metadata of a refused object: the code.
    public static let codeKey = "signalbox-code"
    /// Tries of the acceptance's commit against other writers.
    public static let commitTriesMax = 10

    let objects: any ObjectStore
    let documents: any DocumentStore
    let layout: BucketLayout
    let keyring: any KeyringProvider
    let receiptKey: Ed25519PrivateKey
    let receiptKeyID: String
    let limits: ArchiveLimits
    let clock: any Clock

    /// An intake that signs its receipts with a key.
    ///
    /// - Parameters:
    ///   - keyring: asked for every package, and once more before it is accepted; what it throws leaves the package
    ///     undecided. One is refused for its key only by a fresh keyring: the key may have been admitted a moment ago.
    public init(
        objects: any ObjectStore,
        documents: any DocumentStore,
        layout: BucketLayout,
        keyring: any KeyringProvider,
        receiptKey: Ed25519PrivateKey,
        receiptKeyID: String = "intake",
        limits: ArchiveLimits = .standard,
        clock: any Clock
    ) {
        self.objects = objects
        self.documents = documents
        self.layout = layout
        self.keyring = keyring
        self.receiptKey = receiptKey
        self.receiptKeyID = receiptKeyID
        self.limits = limits
        self.clock = clock
    }

    /// Judges the package that an object belongs to. Harmless to repeat, in any order, at the same time.
    ///
    /// - Throws: ``StoreError``: nothing was decided, try again.
    public func judge(_ object: ObjectName) async throws(StoreError) -> IntakeOutcome {
        guard object.bucket == layout.stagingBucket else { return .bucketNotAllowed }
        guard let place = PackageLocation(of: object) else { return .notAPackage }
        guard let manifest = try await objects.metadataIfPresent(of: place.object(PackageLocation.manifestName))
        else { return .incomplete(missing: PackageLocation.manifestName) }
        let archives = try await archives(of: place)
        // Which one the manifest means is not known yet: what is refused before is the upload that the event tells of.
        let named = archives.first { $0.name == object }
        guard let first = named ?? archives.max(by: { $0.updated < $1.updated }) else {
            return .incomplete(missing: PackageLocation.archiveNames[0])
        }
        let staged = StagedPackage(place: place, archive: first, manifest: manifest)
        do {
            return try await judge(staged, archives)
        } catch  where error.code == .notFound {
            // Of all that is read only the staged objects may vanish: whatever else is missing is a fault to be told.
            guard try await isSuperseded(staged) else { throw error }
            return .superseded
        }
    }

    /// Whether an object of the upload was replaced or deleted.
    func isSuperseded(_ staged: StagedPackage) async throws(StoreError) -> Bool {
        for object in [staged.archive, staged.manifest] {
            let present = try await objects.metadataIfPresent(of: object.name)
            if present?.generation != object.generation { return true }
        }
        return false
    }

    private func archives(of place: PackageLocation) async throws(StoreError) -> [ObjectMetadata] {
        var archives: [ObjectMetadata] = []
        for name in PackageLocation.archiveNames {
            if let metadata = try await objects.metadataIfPresent(of: place.object(name)) { archives.append(metadata) }
        }
        return archives
    }

    /// Judges a manifest with the archive that it names; `staged` has one that lies there, for refusals before that
    /// name is known to be genuine.
    private func judge(
        _ staged: StagedPackage,
        _ archives: [ObjectMetadata]
    ) async throws(StoreError) -> IntakeOutcome {
        guard staged.manifest.size <= Int64(Manifest.envelopeBytesMax) else {
            let message = "the manifest has \(staged.manifest.size) bytes, more than \(Manifest.envelopeBytesMax)"
            return try await reject(staged, Refusal(.manifestTooLong, message))
        }
        let envelope = try await objects.bytes(
            of: staged.manifest.name,
            generation: staged.manifest.generation,
            bytesMax: Manifest.envelopeBytesMax
        ).bytes
        do {
            let verified = try await verify(envelope)
            let manifest = verified.manifest
            try checkPlace(manifest, staged.place)
            let name = staged.place.object(manifest.archive.path)
            guard let archive = archives.first(where: { $0.name == name }) else {
                return .incomplete(missing: manifest.archive.path)
            }
            let package = VerifiedPackage(
                staged: StagedPackage(place: staged.place, archive: archive, manifest: staged.manifest),
                verified: verified,
                envelope: envelope
            )
            return try await judge(package)
        } catch let refusal as Refusal {
            return try await reject(staged, refusal)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unavailable, "\(staged.manifest.name): \(error)", cause: error)
        }
    }

    /// The manifest and who signed it; a refusal for the signer's key is made by the keyring as it is now.
    private func verify(_ envelope: [UInt8]) async throws -> VerifiedManifest {
        do {
            return try ManifestVerifier(keyring: try await keyring.current()).verify(envelope, now: clock.now())
        } catch let refusal as Refusal {
            guard refusal.code.dependsOnKeyring else { throw refusal }
            return try ManifestVerifier(keyring: try await keyring.fresh()).verify(envelope, now: clock.now())
        }
    }

    private func checkPlace(_ manifest: Manifest, _ place: PackageLocation) throws(Refusal) {
        guard manifest.packageID == place.packageID, manifest.robotID == place.robotID else {
            let signed = "\(manifest.robotID)/\(manifest.packageID)"
            throw Refusal(.wrongPlace, "the manifest of \(signed) lies under another robot or package")
        }
    }

    /// Judges an archive by a manifest that is known to be genuine.
    private func judge(_ package: VerifiedPackage) async throws -> IntakeOutcome {
        var package = package
        let (manifest, archive) = (package.manifest, package.staged.archive)
        do {
            // What can be told without reading is told first.
            guard manifest.archive.size == archive.size else {
                let message = "the archive has \(archive.size) bytes, the manifest says \(manifest.archive.size)"
                throw Refusal(.archiveSize, message)
            }
            if let jobID = try await acceptedJob(of: package) {
                return try await answerKnown(package.staged, jobID: jobID)
            }
            try await ArchiveVerifier.verify(try await stream(of: package), against: manifest, limits: limits)
            package.staged.archiveDigest = manifest.archive.digest
            // Parsed only now that every byte is known to be the robot's.
            let episodes = try await ArchiveVerifier.judgeEpisodes(
                try await stream(of: package),
                of: manifest,
                limits: limits
            )
            if let refusal = episodes.refusal { return try await reject(package.staged, refusal, episodes) }
            // Reading may have taken longer than a keyring may be old: the key may be revoked by now.
            package.keyIDs = try await verify(package.envelope).keyIDs
            return try await accept(package, episodes)
        } catch let refusal as Refusal {
            return try await reject(package.staged, refusal)
        }
    }

    private func stream(of package: VerifiedPackage) async throws(StoreError) -> any ByteStream {
        let archive = package.staged.archive
        return try await objects.read(archive.name, generation: archive.generation, range: nil, if: .none).body
    }
}

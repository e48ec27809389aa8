public import Wire

/// The signed description of a model version: an in-toto Statement v1 in a DSSE envelope (`docs/manifest.md`).
public struct ModelManifest: Sendable, Equatable {
    /// `predicateType` of the statement.
    public static let predicateType = "https://signalbox.dev/model/v1"
    /// Bytes of a manifest's envelope.
    public static let envelopeBytesMax = 1 << 20
    /// Files of a version.
    public static let filesMax = 64
    /// Parts of a file's name: the file, and the folders that it lies in.
    public static let namePartsMax = 8
    /// The name of the manifest in a version's folder.
    public static let fileName = "manifest.dsse.json"

    /// The model's name.
    public var name: String
    /// The version.
    public var version: Int
    /// The job that made it.
    public var jobID: String
    /// The attempt that made it.
    public var attempt: Int
    /// What it was trained on.
    public var packageID: String
    /// The SHA-256 of the dataset's manifest.
    public var datasetManifestDigest: Digest
    /// The files, by their paths in the version's folder.
    public var files: [Manifest.Blob]
    /// When it was made.
    public var createdAt: Timestamp

    /// A manifest of its parts.
    public init(spec: JobSpec, name: String, version: Int, files: [Manifest.Blob], createdAt: Timestamp) {
        self.name = name
        self.version = version
        jobID = spec.jobID
        attempt = spec.attempt
        packageID = spec.packageID
        datasetManifestDigest = spec.dataset.manifestDigest
        self.files = files
        self.createdAt = createdAt
    }

    /// The signed envelope.
    public func signed(by key: Ed25519PrivateKey, keyID: String) -> [UInt8] {
        let statement: JSON = [
            "_type": .string(Manifest.statementType),
            "subject": .array(
                files.map { ["name": .string($0.path), "digest": ["sha256": .string($0.digest.hex)]] }
            ),
            "predicateType": .string(Self.predicateType),
            "predicate": [
                "name": .string(name),
                "version": .integer(Int64(version)),
                "job_id": .string(jobID),
                "attempt": .integer(Int64(attempt)),
                "package_id": .string(packageID),
                "dataset_manifest_sha256": .string(datasetManifestDigest.hex),
                "files": .array(files.map { ["name": .string($0.path), "size": .integer($0.size)] }),
                "created_at": .string(createdAt.description),
            ],
        ]
        return DSSEEnvelope(signing: statement.bytes, key: key, keyID: keyID).bytes
    }

    /// Reads an envelope that the models' key signed.
    ///
    /// - Throws: ``Refusal`` `envelope_malformed`, `unsigned`, `payload_type`, `bad_signature`, `manifest_schema`.
    public init(verifying bytes: [UInt8], key: Ed25519PublicKey) throws(Refusal) {
        let envelope = try DSSEEnvelope(parsing: bytes)
        guard envelope.payloadType == DSSEEnvelope.inTotoPayloadType else {
            throw Refusal(.payloadType, "wanted payload type \(DSSEEnvelope.inTotoPayloadType)")
        }
        guard envelope.signatures.contains(where: { envelope.isValid($0, by: key) }) else {
            throw Refusal(.badSignature, "the model's manifest is not signed by the models' key")
        }
        do {
            try self.init(statement: JSONReader(try JSON(parsing: envelope.payload)))
        } catch {
            throw Refusal(.manifestSchema, "not a model's manifest: \(error)")
        }
    }

    /// Checks the names of a version's files, the manifest's own among them: relative paths, which the disks of all who
    /// install it tell apart.
    public static func check(names: [String]) throws(ArchiveError) {
        let limits = ArchiveLimits(pathBytesMax: Manifest.pathBytesMax, pathPartsMax: namePartsMax)
        try MemberPath.check(files: names + [fileName], limits: limits)
    }

    private init(statement: JSONReader) throws {
        try statement["_type"].expect(Manifest.statementType)
        try statement["predicateType"].expect(Self.predicateType)
        let predicate = statement["predicate"]
        name = try predicate["name"].slug()
        version = try predicate["version"].int(in: 1...Int.max)
        jobID = try predicate["job_id"].string()
        attempt = try predicate["attempt"].int()
        packageID = try predicate["package_id"].string()
        datasetManifestDigest = try predicate["dataset_manifest_sha256"].digest()
        createdAt = try predicate["created_at"].timestamp()
        let subjects = try statement["subject"].array()
        let sizes = try predicate["files"].array()
        guard (1...Self.filesMax).contains(subjects.count), sizes.count == subjects.count else {
            throw statement["subject"].mismatch("1 to \(Self.filesMax) files, each with its size")
        }
        files = try zip(subjects, sizes).map { subject, size in
            let name = try subject["name"].string()
            guard name == (try size["name"].string()) else {
                throw subject["name"].mismatch("the same name in both lists", found: name)
            }
            let bytes = try size["size"].integer(in: 0...Int64.max)
            return Manifest.Blob(path: name, size: bytes, digest: try subject["digest"]["sha256"].digest())
        }
        try Self.check(names: files.map(\.path))
    }
}

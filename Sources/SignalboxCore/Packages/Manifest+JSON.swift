public import Wire

extension Manifest {
    /// Reads the payload of a verified envelope.
    ///
    /// Members that this version does not know are passed over, as in-toto asks of consumers.
    ///
    /// - Throws: ``Refusal`` `manifest_schema`, `package_id`.
    public init(statement payload: [UInt8]) throws(Refusal) {
        do {
            let limits = JSONLimits(bytesMax: Self.envelopeBytesMax, depthMax: 16)
            try self.init(statement: JSONReader(try JSON(parsing: payload, limits: limits)))
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            let pointer = (error as? JSONTypeError).map { "/payload" + $0.pointer }
            throw Refusal(.manifestSchema, "the signed payload is not a package manifest: \(error)", pointer: pointer)
        }
        try checkSubjectsAndID()
    }

    private init(statement: JSONReader) throws {
        try statement["_type"].expect(Self.statementType)
        try statement["predicateType"].expect(Self.predicateType)
        let predicate = statement["predicate"]
        packageID = try predicate["package_id"].string()
        robotID = try predicate["robot_id"].slug()
        environmentID = try predicate["environment_id"].slug()
        let software = predicate["software"]
        self.software = Software(
            continuonBrainRuntime: try software["continuon_brain_runtime"].string(),
            continuonAIApp: try software["continuon_ai_app"].string()
        )
        captureStart = try predicate["capture_window_utc"]["start"].timestamp()
        captureEnd = try predicate["capture_window_utc"]["end"].timestamp()
        guard captureStart <= captureEnd else { throw predicate["capture_window_utc"].mismatch("start before end") }
        packagedAt = try predicate["packaged_at"].timestamp()
        training = try predicate["training"].optional.map { try JobConfig($0) }
        let model = (training ?? .standard).modelName(environmentID: environmentID)
        guard Slug.isWellFormed(model) else {
            throw predicate["training"].mismatch("a model_name, as \(model) is too long for one")
        }
        let entries = try predicate["episodes"].array()
        guard (1...Self.episodesMax).contains(entries.count) else {
            throw predicate["episodes"].mismatch("1 to \(Self.episodesMax) blobs", found: "\(entries.count)")
        }
        episodes = try entries.map { try Self.blob($0) }
        let name = try predicate["archive"]["name"].string()
        guard PackageLocation.archiveNames.contains(name) else {
            throw predicate["archive"]["name"].mismatch("one of \(PackageLocation.archiveNames)", found: name)
        }
        let size = try predicate["archive"]["size"].integer(in: 1...Int64.max)
        let subjects = try Self.subjects(statement["subject"])
        guard let digest = subjects[name] else { throw statement["subject"].mismatch("a subject named \(name)") }
        archive = Blob(path: name, size: size, digest: digest)
        for (blob, entry) in zip(episodes, entries) where subjects[blob.path] != blob.digest {
            throw entry.mismatch("a subject of the same name and digest", found: blob.path)
        }
        guard Set(episodes.map(\.path)).count == episodes.count else {
            throw predicate["episodes"].mismatch("each path once")
        }
        guard subjects.count == episodes.count + 1 else {
            throw statement["subject"].mismatch("the archive and \(episodes.count) blobs", found: "\(subjects.count)")
        }
    }

    private func checkSubjectsAndID() throws(Refusal) {
        let derived = PackageID.derive(environmentID: environmentID, robotID: robotID, episodes: episodes)
        guard derived == packageID else {
            throw Refusal(.packageID, "the manifest says \(packageID), its content gives \(derived)")
        }
    }

    private static func blob(_ reader: JSONReader) throws(JSONTypeError) -> Blob {
        let path = try reader["path"].string()
        guard isSafe(path: path) else { throw reader["path"].mismatch("a safe relative path", found: path) }
        return Blob(
            path: path,
            size: try reader["size"].integer(in: 0...Int64.max),
            digest: try reader["sha256"].digest()
        )
    }

    private static func subjects(_ reader: JSONReader) throws(JSONTypeError) -> [String: Digest] {
        var subjects: [String: Digest] = [:]
        for subject in try reader.array() {
            let name = try subject["name"].string()
            guard subjects.updateValue(try subject["digest"]["sha256"].digest(), forKey: name) == nil else {
                throw subject.mismatch("a new name", found: name)
            }
        }
        return subjects
    }

    /// Whether an archive within the standard limits may hold a member of that name, and a manifest name it.
    public static func isSafe(path: String) -> Bool {
        path.utf8.count <= pathBytesMax && MemberPath.isSafe(path)
    }

    /// The statement to be signed, members in a fixed order.
    public var statement: JSON {
        let blobs = ([archive] + episodes).map { blob -> JSON in
            ["name": .string(blob.path), "digest": ["sha256": .string(blob.digest.hex)]]
        }
        return [
            "_type": .string(Self.statementType),
            "subject": .array(blobs),
            "predicateType": .string(Self.predicateType),
            "predicate": predicate,
        ]
    }

    private var predicate: JSON {
        var members: [String: JSON] = [
            "package_id": .string(packageID),
            "robot_id": .string(robotID),
            "environment_id": .string(environmentID),
            "software": [
                "continuon_brain_runtime": .string(software.continuonBrainRuntime),
                "continuon_ai_app": .string(software.continuonAIApp),
            ],
            "capture_window_utc": [
                "start": .string(captureStart.description), "end": .string(captureEnd.description),
            ],
            "packaged_at": .string(packagedAt.description),
            "archive": ["name": .string(archive.path), "size": .integer(archive.size)],
            "episodes": .array(
                episodes.map {
                    ["path": .string($0.path), "size": .integer($0.size), "sha256": .string($0.digest.hex)]
                }
            ),
        ]
        if let training { members["training"] = training.json }
        return .object(members)
    }
}

extension JSONReader {
    /// This very text.
    func expect(_ text: String) throws(JSONTypeError) {
        let found = try string()
        guard found == text else { throw mismatch(text, found: found) }
    }

    /// A name as ``Slug`` has them.
    func slug() throws(JSONTypeError) -> String {
        let text = try string()
        guard Slug.isWellFormed(text) else { throw mismatch("1 to 63 of a-z 0-9 . _ -", found: text) }
        return text
    }

    /// A SHA-256 digest, 64 lower-case hexadecimal digits.
    func digest() throws(JSONTypeError) -> Digest {
        guard let digest = Digest(hex: try string()) else { throw mismatch("64 lower-case hexadecimal digits") }
        return digest
    }
}

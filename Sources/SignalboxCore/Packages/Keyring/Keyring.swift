public import Wire

/// The keys that may sign, each for its environments, robots and times (`docs/manifest.md`).
public struct Keyring: Sendable, Equatable {
    /// Keys of one keyring.
    public static let keysMax = 10_000
    /// Bytes of a keyring file.
    public static let fileBytesMax = 4 << 20
    /// UTF-8 bytes of a key's name, as envelopes limit them.
    public static let keyIDBytesMax = DSSEEnvelope.keyIDBytesMax
    /// Stands for every environment.
    public static let anyEnvironment = "*"
    /// Stands for every robot.
    public static let anyRobot = "*"
    /// The greatest version: what every JSON reader reads exactly.
    public static let versionMax: Int64 = 1 << 53

    /// One key.
    public struct Key: Sendable, Equatable {
        /// The key's name, unique in the keyring.
        public var keyID: String
        /// The Ed25519 public key, 32 bytes.
        public var publicKey: [UInt8]
        /// The environments it may sign for; `*` for all.
        public var environments: Set<String>
        /// The robots whose packages it may sign; `*` for all.
        public var robots: Set<String>
        /// The first moment it may sign.
        public var notBefore: Timestamp
        /// The moment from which it may sign no more.
        public var notAfter: Timestamp
        /// When it was revoked: from then on nothing it ever signed is accepted.
        public var revokedAt: Timestamp?

        /// A key of its parts.
        public init(
            keyID: String,
            publicKey: [UInt8],
            environments: Set<String>,
            robots: Set<String> = [Keyring.anyRobot],
            notBefore: Timestamp,
            notAfter: Timestamp,
            revokedAt: Timestamp? = nil
        ) {
            self.keyID = keyID
            self.publicKey = publicKey
            self.environments = environments
            self.robots = robots
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.revokedAt = revokedAt
        }

        /// The key may sign now, whatever for.
        ///
        /// - Throws: ``Refusal`` `key_revoked`, `key_not_yet_valid`, `key_expired`.
        public func checkTimes(now: Timestamp) throws(Refusal) {
            if let revokedAt, revokedAt <= now {
                throw Refusal(.keyRevoked, "key \(keyID) was revoked at \(revokedAt)")
            }
            guard notBefore <= now else { throw Refusal(.keyNotYetValid, "key \(keyID) is valid from \(notBefore)") }
            guard now < notAfter else { throw Refusal(.keyExpired, "key \(keyID) was valid until \(notAfter)") }
        }

        /// The key may sign now for a package of that robot in that environment.
        ///
        /// - Throws: ``Refusal`` as ``checkTimes(now:)``, `key_not_for_environment`, `key_not_for_robot`.
        public func check(environment: String, robot: String, now: Timestamp) throws(Refusal) {
            try checkTimes(now: now)
            guard environments.contains(environment) || environments.contains(Keyring.anyEnvironment) else {
                throw Refusal(.keyNotForEnvironment, "key \(keyID) may not sign for environment \(environment)")
            }
            guard robots.contains(robot) || robots.contains(Keyring.anyRobot) else {
                throw Refusal(.keyNotForRobot, "key \(keyID) may not sign for robot \(robot)")
            }
        }
    }

    /// The keys by name.
    public private(set) var keys: [String: Key]
    /// Which keyring this is: each change counts it up. 0 for one that was written by hand and says nothing.
    public var version: Int64
    /// From when on it counts no more, where it says so.
    public var expiresAt: Timestamp?

    /// A keyring of keys; of two with one name the last stays.
    public init(_ keys: [Key] = [], version: Int64 = 0, expiresAt: Timestamp? = nil) {
        self.keys = Dictionary(keys.map { ($0.keyID, $0) }) { _, last in last }
        self.version = version
        self.expiresAt = expiresAt
    }

    /// Adds a key, or replaces the one of its name.
    public mutating func set(_ key: Key) { keys[key.keyID] = key }

    /// Whether it counts no more.
    public func isExpired(at now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// Reads a keyring that nobody signed.
    ///
    /// Members that this version does not know are passed over.
    ///
    /// - Throws: ``KeyringError`` `keyring_unreadable`.
    public init(parsing bytes: [UInt8]) throws(KeyringError) {
        do {
            let json = try JSON(parsing: bytes, limits: JSONLimits(bytesMax: Self.fileBytesMax, depthMax: 8))
            try self.init(JSONReader(json))
        } catch {
            throw KeyringError(.unreadable, "the keyring cannot be read: \(error)")
        }
        guard keys.count <= Self.keysMax else {
            throw KeyringError(.unreadable, "the keyring holds \(keys.count) keys, more than \(Self.keysMax)")
        }
    }

    private init(_ reader: JSONReader) throws(JSONTypeError) {
        keys = [:]
        version = try reader["version"].optional?.integer(in: 0...Self.versionMax) ?? 0
        expiresAt = try reader["expires_at"].optional?.timestamp()
        var publicKeys: Set<[UInt8]> = []
        for entry in try reader["keys"].array() {
            let key = try Self.key(entry)
            guard keys[key.keyID] == nil else { throw entry["key_id"].mismatch("a new key_id", found: key.keyID) }
            // Under a second name it would outlive its revocation.
            guard publicKeys.insert(key.publicKey).inserted else {
                throw entry["public_key"].mismatch("a key that no other entry has", found: "that of another entry")
            }
            keys[key.keyID] = key
        }
    }

    private static func key(_ reader: JSONReader) throws(JSONTypeError) -> Key {
        let publicKey = try reader["public_key"].base64()
        guard Ed25519PublicKey(bytes: publicKey) != nil else {
            throw reader["public_key"].mismatch("an Ed25519 public key in base64", found: "\(publicKey.count) bytes")
        }
        let keyID = try reader["key_id"].string()
        // Who signs a keyring reads its names: none of them may look like another.
        guard (1...keyIDBytesMax).contains(keyID.utf8.count), keyID.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw reader["key_id"].mismatch("1 to \(keyIDBytesMax) visible ASCII characters", found: "others")
        }
        let robots = try reader["robots"].optional.map { list throws(JSONTypeError) in try names(list) }
        guard robots?.isEmpty != true else { throw reader["robots"].mismatch("a robot, or *", found: "none") }
        return Key(
            keyID: keyID,
            publicKey: publicKey,
            environments: try names(reader["environments"]),
            robots: robots ?? [anyRobot],
            notBefore: try reader["not_before"].timestamp(),
            notAfter: try reader["not_after"].timestamp(),
            revokedAt: try reader["revoked_at"].optional?.timestamp()
        )
    }

    private static func names(_ reader: JSONReader) throws(JSONTypeError) -> Set<String> {
        var names: Set<String> = []
        for entry in try reader.array() { names.insert(try entry.value == "*" ? "*" : entry.slug()) }
        return names
    }

    /// The file's form, keys sorted by name.
    public var json: JSON {
        let list = keys.values.sorted { $0.keyID < $1.keyID }.map { key in
            var members: [String: JSON] = [
                "key_id": .string(key.keyID),
                "public_key": .string(Base64.encode(key.publicKey)),
                "environments": .array(key.environments.sorted().map(JSON.string)),
                "not_before": .string(key.notBefore.description),
                "not_after": .string(key.notAfter.description),
            ]
            // What an older reader passes over is written only where it says something.
            if key.robots != [Self.anyRobot] { members["robots"] = .array(key.robots.sorted().map(JSON.string)) }
            if let revokedAt = key.revokedAt { members["revoked_at"] = .string(revokedAt.description) }
            return JSON.object(members)
        }
        var members: [String: JSON] = ["keys": .array(list)]
        if version > 0 { members["version"] = .integer(version) }
        if let expiresAt { members["expires_at"] = .string(expiresAt.description) }
        return .object(members)
    }
}

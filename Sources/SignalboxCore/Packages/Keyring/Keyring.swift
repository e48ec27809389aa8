public import Wire

/// The keys that may sign, each for its environments and times (`docs/manifest.md`).
public struct Keyring: Sendable, Equatable {
    /// Keys of one keyring.
    public static let keysMax = 10_000
    /// Bytes of a keyring file.
    public static let fileBytesMax = 4 << 20
    /// UTF-8 bytes of a key's name, as envelopes limit them.
    public static let keyIDBytesMax = DSSEEnvelope.keyIDBytesMax
    /// Stands for every environment.
    public static let anyEnvironment = "*"

    /// One key.
    public struct Key: Sendable, Equatable {
        /// The key's name, unique in the keyring.
        public var keyID: String
        /// The Ed25519 public key, 32 bytes.
        public var publicKey: [UInt8]
        /// The environments it may sign for; `*` for all.
        public var environments: Set<String>
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
            notBefore: Timestamp,
            notAfter: Timestamp,
            revokedAt: Timestamp? = nil
        ) {
            self.keyID = keyID
            self.publicKey = publicKey
            self.environments = environments
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.revokedAt = revokedAt
        }

        /// The key may sign for that environment now.
        ///
        /// - Throws: ``Refusal`` `key_revoked`, `key_not_yet_valid`, `key_expired`, `key_not_for_environment`.
        public func check(environment: String, now: Timestamp) throws(Refusal) {
            if let revokedAt, revokedAt <= now {
                throw Refusal(.keyRevoked, "key \(keyID) was revoked at \(revokedAt)")
            }
            guard notBefore <= now else { throw Refusal(.keyNotYetValid, "key \(keyID) is valid from \(notBefore)") }
            guard now < notAfter else { throw Refusal(.keyExpired, "key \(keyID) was valid until \(notAfter)") }
            guard environments.contains(environment) || environments.contains(Keyring.anyEnvironment) else {
                throw Refusal(.keyNotForEnvironment, "key \(keyID) may not sign for environment \(environment)")
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
        version = try reader["version"].optional?.integer(in: 0...Int64.max) ?? 0
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
        var environments: Set<String> = []
        for environment in try reader["environments"].array() { environments.insert(try environment.string()) }
        let keyID = try reader["key_id"].string()
        guard (1...keyIDBytesMax).contains(keyID.utf8.count) else {
            throw reader["key_id"].mismatch("1 to \(keyIDBytesMax) bytes", found: "\(keyID.utf8.count)")
        }
        return Key(
            keyID: keyID,
            publicKey: publicKey,
            environments: environments,
            notBefore: try reader["not_before"].timestamp(),
            notAfter: try reader["not_after"].timestamp(),
            revokedAt: try reader["revoked_at"].optional?.timestamp()
        )
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
            if let revokedAt = key.revokedAt { members["revoked_at"] = .string(revokedAt.description) }
            return JSON.object(members)
        }
        var members: [String: JSON] = ["keys": .array(list)]
        if version > 0 { members["version"] = .integer(version) }
        if let expiresAt { members["expires_at"] = .string(expiresAt.description) }
        return .object(members)
    }
}

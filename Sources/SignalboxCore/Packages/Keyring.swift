public import Wire

/// The keys that may sign, each for its environments and times (`docs/manifest.md`).
public struct Keyring: Sendable, Equatable {
    /// Keys of one keyring.
    public static let keysMax = 10_000
    /// Bytes of a keyring file.
    public static let fileBytesMax = 4 << 20
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

    /// A keyring of keys; of two with one name the last stays.
    public init(_ keys: [Key] = []) { self.keys = Dictionary(keys.map { ($0.keyID, $0) }) { _, last in last } }

    /// Adds a key, or replaces the one of its name.
    public mutating func set(_ key: Key) { keys[key.keyID] = key }

    /// Reads `keyring.json`.
    ///
    /// - Throws: ``KeyringError``.
    public init(parsing bytes: [UInt8]) throws(KeyringError) {
        do {
            let json = try JSON(parsing: bytes, limits: JSONLimits(bytesMax: Self.fileBytesMax, depthMax: 8))
            keys = [:]
            for reader in try JSONReader(json)["keys"].array() {
                let key = try Self.key(reader)
                guard keys[key.keyID] == nil else { throw reader.mismatch("a new key_id", found: key.keyID) }
                keys[key.keyID] = key
            }
        } catch {
            throw KeyringError(message: "the keyring cannot be read: \(error)")
        }
        guard keys.count <= Self.keysMax else {
            throw KeyringError(message: "the keyring holds \(keys.count) keys, more than \(Self.keysMax)")
        }
    }

    private static func key(_ reader: JSONReader) throws(JSONTypeError) -> Key {
        let publicKey = try reader["public_key"].base64()
        guard Ed25519PublicKey(bytes: publicKey) != nil else {
            throw reader["public_key"].mismatch("an Ed25519 public key in base64", found: "\(publicKey.count) bytes")
        }
        var environments: Set<String> = []
        for environment in try reader["environments"].array() { environments.insert(try environment.string()) }
        return Key(
            keyID: try reader["key_id"].string(),
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
        return ["keys": .array(list)]
    }
}

/// A keyring that cannot be read; the message says where.
public struct KeyringError: Error, Equatable, CustomStringConvertible {
    /// For people.
    public let message: String
    /// The message.
    public var description: String { message }
}

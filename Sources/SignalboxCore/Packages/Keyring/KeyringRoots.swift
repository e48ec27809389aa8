public import Wire

/// The keys that sign keyrings, and how many of them must: part of a deployment, never of the place where the keyring
/// lies (`docs/keys.md`).
public struct KeyringRoots: Sendable, Equatable {
    /// Root keys of one deployment.
    public static let keysMax = DSSEEnvelope.signaturesMax
    /// Bytes of the file.
    public static let fileBytesMax = 64 << 10

    /// How many distinct keys must have signed.
    public private(set) var threshold: Int
    /// The public keys by name.
    public private(set) var keys: [String: Ed25519PublicKey]

    /// Roots of which so many must sign.
    ///
    /// - Throws: ``KeyringError`` `keyring_unreadable` where so many can never sign.
    public init(threshold: Int, keys: [String: Ed25519PublicKey]) throws(KeyringError) {
        self.threshold = threshold
        self.keys = keys
        let distinct = Set(keys.values).count
        guard keys.count <= Self.keysMax else {
            throw KeyringError(.unreadable, "there are \(keys.count) root keys, more than \(Self.keysMax)")
        }
        guard (1...max(1, distinct)).contains(threshold), distinct > 0 else {
            let message = "the threshold is \(threshold), and there are \(distinct) distinct root keys"
            throw KeyringError(.unreadable, message)
        }
    }

    /// Reads the file that `SIGNALBOX_KEYRING_ROOTS` names: `{"threshold": 1, "keys": [{"key_id", "public_key"}]}`.
    ///
    /// - Throws: ``KeyringError`` `keyring_unreadable`.
    public init(parsing bytes: [UInt8]) throws(KeyringError) {
        let threshold: Int
        var keys: [String: Ed25519PublicKey] = [:]
        do {
            let limits = JSONLimits(bytesMax: Self.fileBytesMax, depthMax: 8)
            let reader = JSONReader(try JSON(parsing: bytes, limits: limits))
            threshold = try reader["threshold"].int(in: 1...Self.keysMax)
            for entry in try reader["keys"].array() {
                let keyID = try entry["key_id"].string()
                let bytes = try entry["public_key"].base64()
                guard let key = Ed25519PublicKey(bytes: bytes) else {
                    throw entry["public_key"].mismatch("an Ed25519 public key in base64", found: "\(bytes.count) bytes")
                }
                guard keys.updateValue(key, forKey: keyID) == nil else {
                    throw entry["key_id"].mismatch("a new key_id", found: keyID)
                }
            }
        } catch {
            throw KeyringError(.unreadable, "the root keys cannot be read: \(error)")
        }
        try self.init(threshold: threshold, keys: keys)
    }

    /// The file's form, keys sorted by name.
    public var json: JSON {
        let list = keys.sorted { $0.key < $1.key }.map { name, key -> JSON in
            ["key_id": .string(name), "public_key": .string(Base64.encode(key.bytes))]
        }
        return ["threshold": .integer(Int64(threshold)), "keys": .array(list)]
    }

    /// The name of a key; nil for a stranger's.
    public func name(of key: Ed25519PublicKey) -> String? {
        keys.filter { $0.value == key }.keys.min()
    }

    /// The roots whose signatures are good: each key once, however often and under whatever names it signed.
    ///
    /// Signatures by keys that are no roots are passed over, as The Update Framework does
    /// (https://theupdateframework.github.io/specification/latest/#verification).
    public func signers(of envelope: DSSEEnvelope) -> Set<Ed25519PublicKey> {
        var signers: Set<Ed25519PublicKey> = []
        for signature in envelope.signatures {
            guard let key = keys[signature.keyID], !signers.contains(key) else { continue }
            if envelope.isValid(signature, by: key) { signers.insert(key) }
        }
        return signers
    }

    /// Enough distinct roots signed the envelope.
    ///
    /// - Throws: ``KeyringError`` `keyring_payload_type`, `keyring_bad_signature`, `keyring_threshold`.
    public func check(_ envelope: DSSEEnvelope) throws(KeyringError) {
        guard envelope.payloadType == Keyring.payloadType else {
            throw KeyringError(.payloadType, "wanted payload type \(Keyring.payloadType)")
        }
        let signers = signers(of: envelope)
        guard signers.count < threshold else { return }
        let bad = envelope.signatures.first { signature in
            keys[signature.keyID].map { !envelope.isValid(signature, by: $0) } ?? false
        }
        if let bad {
            throw KeyringError(.badSignature, "the signature by \(bad.keyID) does not fit the keyring")
        }
        let message = "signed by \(signers.count) distinct root keys, \(threshold) must"
        throw KeyringError(.threshold, message)
    }
}

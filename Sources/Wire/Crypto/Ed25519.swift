import COpenSSL

/// A public key of Ed25519 (RFC 8032).
public struct Ed25519PublicKey: Sendable, Hashable {
    /// How many bytes a key has.
    public static let byteCount = 32
    /// How many bytes a signature has.
    public static let signatureByteCount = 64

    /// The 32 bytes.
    public let bytes: [UInt8]

    /// A key of its 32 bytes; nil for another count, for a point in another form than the canonical one, and for one of
    /// small order, for which anybody can sign.
    public init?(bytes: [UInt8]) {
        guard Ed25519Point.isStrict(bytes) else { return nil }
        self.bytes = bytes
    }

    /// Reads SubjectPublicKeyInfo in PEM (RFC 8410), as `openssl pkey -pubout` writes it.
    public init(pem: String) throws(KeyError) {
        let key = try PEMKey(pem: pem, kind: .open)
        let bytes = try Ed25519.rawBytes(of: key, Self.byteCount, EVP_PKEY_get_raw_public_key)
        guard let key = Ed25519PublicKey(bytes: bytes) else {
            throw KeyError(.malformed, "the key is a point that anybody can sign for, or not in its canonical form")
        }
        self = key
    }

    /// SubjectPublicKeyInfo in PEM.
    public var pem: String { Ed25519.pem("PUBLIC KEY", Ed25519.publicPrefix + bytes) }

    /// Whether a signature of 64 bytes is this key's for the message, by the strict rule of ``Ed25519Point``.
    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == Self.signatureByteCount, Ed25519Point.isStrict(signature.prefix(Self.byteCount)),
            let pointer = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { return false }
        return PEMKey(pointer).isValid(signature: signature, for: message, digest: nil)
    }
}

/// A private key of Ed25519 (RFC 8032).
public struct Ed25519PrivateKey: Sendable {
    /// How many bytes a seed has.
    public static let byteCount = 32

    /// The 32 secret bytes that all else follows from.
    public let seed: [UInt8]
    /// The public key.
    public let publicKey: Ed25519PublicKey
    private let key: PEMKey

    /// The key of a seed of 32 bytes; nil for another count.
    public init?(seed: [UInt8]) {
        guard seed.count == Self.byteCount,
            let pointer = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { return nil }
        let key = PEMKey(pointer)
        guard let bytes = try? Ed25519.rawBytes(of: key, Self.byteCount, EVP_PKEY_get_raw_public_key),
            let publicKey = Ed25519PublicKey(bytes: bytes)
        else { return nil }
        self.seed = seed
        self.publicKey = publicKey
        self.key = key
    }

    /// A new key; the source must be fit for keys.
    ///
    /// - Throws: `malformed` where the source gives another number of bytes than it is asked for.
    public init(random: any RandomSource) throws(KeyError) {
        guard let key = Ed25519PrivateKey(seed: random.bytes(Self.byteCount)) else {
            throw KeyError(.malformed, "the random source did not give \(Self.byteCount) bytes")
        }
        self = key
    }

    /// Reads PKCS #8 in PEM (RFC 8410), as `openssl genpkey -algorithm ed25519` writes it.
    public init(pem: String) throws(KeyError) {
        let key = try PEMKey(pem: pem, kind: .secret)
        let seed = try Ed25519.rawBytes(of: key, Self.byteCount, EVP_PKEY_get_raw_private_key)
        guard let key = Ed25519PrivateKey(seed: seed) else { throw KeyError(.malformed, "wanted an Ed25519 key") }
        self = key
    }

    /// PKCS #8 in PEM, unencrypted.
    public var pem: String { Ed25519.pem("PRIVATE KEY", Ed25519.privatePrefix + seed) }

    /// The signature of a message: 64 bytes, always the same for the same message.
    public func signature(for message: [UInt8]) -> [UInt8] { key.signature(for: message, digest: nil) }
}

/// What both kinds of key share.
private enum Ed25519 {
    /// DER before the 32 bytes: SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING } (RFC 8410, section 4).
    static let publicPrefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    /// DER before the seed: SEQUENCE { 0, SEQUENCE { OID }, OCTET STRING { OCTET STRING } } (RFC 8410, section 7).
    static let privatePrefix: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]

    /// Both structures fit one line of 64 characters (RFC 7468, section 2).
    static func pem(_ label: String, _ der: [UInt8]) -> String {
        "-----BEGIN \(label)-----\n\(Base64.encode(der))\n-----END \(label)-----\n"
    }

    /// The raw bytes of a key that must be Ed25519.
    static func rawBytes(
        of key: PEMKey,
        _ count: Int,
        _ read: (OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?) -> Int32
    ) throws(KeyError) -> [UInt8] {
        guard EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_ED25519 else {
            throw KeyError(.wrongAlgorithm, "wanted an Ed25519 key")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        var length = count
        guard read(key.pointer, &bytes, &length) == 1, length == count else {
            throw KeyError(.malformed, "wanted an Ed25519 key of \(count) bytes")
        }
        return bytes
    }
}

import COpenSSL

/// A private RSA key that signs as RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
public struct RS256PrivateKey: Sendable {
    /// The shortest key that RFC 7518 allows.
    public static let keyBitsMin = 2048

    private let key: PEMKey

    /// Reads PKCS #8 in PEM, as service-account files carry it.
    public init(pem: String) throws(KeyError) {
        key = try PEMKey(pem: pem, kind: .secret)
        guard EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_RSA else {
            throw KeyError(.wrongAlgorithm, "wanted an RSA key")
        }
        guard EVP_PKEY_get_bits(key.pointer) >= Self.keyBitsMin else {
            throw KeyError(.tooShort, "wanted an RSA key of \(Self.keyBitsMin) bits or more")
        }
    }

    /// The signature of a message: as many bytes as the key has.
    public func signature(for message: [UInt8]) -> [UInt8] { key.signature(for: message, digest: EVP_sha256()) }

    /// Whether a signature is this key's for the message.
    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        key.isValid(signature: signature, for: message, digest: EVP_sha256())
    }
}

import COpenSSL

/// A public RSA key that checks RS256 signatures: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
public struct RS256PublicKey: Sendable {
    /// The longest key that is taken: checking costs the square of its length.
    public static let keyBitsMax = 8192

    private let key: PEMKey

    /// The key of a JWK's `n` and `e` (RFC 7518, section 6.3.1): big-endian, without leading zeros.
    ///
    /// - Throws: ``KeyError`` `malformed`, `tooShort`.
    public init(modulus: [UInt8], exponent: [UInt8]) throws(KeyError) {
        guard modulus.count <= Self.keyBitsMax / 8, (1...8).contains(exponent.count) else {
            throw KeyError(.malformed, "wanted an RSA key of at most \(Self.keyBitsMax) bits")
        }
        let numbers = DER.sequence(DER.integer(modulus) + DER.integer(exponent))
        // SubjectPublicKeyInfo (RFC 8017, appendix A.1.1): OID 1.2.840.113549.1.1.1 and NULL.
        let algorithm: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00]
        let info = DER.sequence(DER.sequence(algorithm) + DER.bitString(numbers))
        key = try PEMKey(pem: DER.pem("PUBLIC KEY", info), kind: .open)
        guard EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_RSA else {
            throw KeyError(.wrongAlgorithm, "wanted an RSA key")
        }
        guard EVP_PKEY_get_bits(key.pointer) >= RS256PrivateKey.keyBitsMin else {
            throw KeyError(.tooShort, "wanted an RSA key of \(RS256PrivateKey.keyBitsMin) bits or more")
        }
    }

    /// Whether a signature is this key's for the message.
    public func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        key.isValid(signature: signature, for: message, digest: EVP_sha256())
    }
}

/// The few structures of DER (X.690) that an RSA key is made of.
private enum DER {
    private static let lineBytes = 64

    static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

    static func bitString(_ content: [UInt8]) -> [UInt8] { element(0x03, [0] + content) }

    /// An unsigned number: a zero before a set top bit keeps it positive.
    static func integer(_ number: [UInt8]) -> [UInt8] {
        let digits = number.drop { $0 == 0 }
        let isHigh = digits.first.map { $0 >= 0x80 } ?? true
        return element(0x02, (isHigh ? [0] : []) + digits)
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            switch count {
            case ..<0x80: [UInt8(count)]
            case ..<0x100: [0x81, UInt8(count)]
            default: [0x82, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)]
            }
        return [tag] + length + content
    }

    /// PEM in lines of 64 characters (RFC 7468, section 2).
    static func pem(_ label: String, _ der: [UInt8]) -> String {
        let text = Array(Base64.encode(der).utf8)
        let lines = stride(from: 0, to: text.count, by: lineBytes).map { start in
            String(decoding: text[start..<min(start + lineBytes, text.count)], as: UTF8.self)
        }
        return "-----BEGIN \(label)-----\n\(lines.joined(separator: "\n"))\n-----END \(label)-----\n"
    }
}

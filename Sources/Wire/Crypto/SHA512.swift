import COpenSSL

/// SHA-512 (FIPS 180-4) on OpenSSL, of bytes at hand.
public enum SHA512 {
    /// How many bytes a digest has.
    public static let byteCount = 64

    /// The digest of bytes.
    public static func digest(of bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha512(), nil)
        return digest
    }
}

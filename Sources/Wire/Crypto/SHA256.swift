import COpenSSL

/// SHA-256 (FIPS 180-4) on OpenSSL, over bytes as they pass.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer?

    /// Nothing hashed yet.
    public init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, Self.algorithm, nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Looked up once: a fetch costs more than hashing a kilobyte.
    private nonisolated(unsafe) static let algorithm = EVP_sha256()

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The digest of all that was added; the hash is used up.
    public consuming func finalize() -> Digest {
        var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
        EVP_DigestFinal_ex(context, &bytes, nil)
        return Digest(checked: bytes)
    }

    /// The digest of bytes at hand.
    public static func digest(of bytes: [UInt8]) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalize()
    }

    /// The digest of text as UTF-8.
    public static func digest(of text: String) -> Digest { digest(of: Array(text.utf8)) }
}

/// A SHA-256 digest: 32 bytes.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
    /// How many bytes a digest has.
    public static let byteCount = 32

    /// The 32 bytes.
    public let bytes: [UInt8]

    fileprivate init(checked bytes: [UInt8]) { self.bytes = bytes }

    /// A digest from 64 lower-case hexadecimal digits; nil for all else, so that one digest has one text.
    public init?(hex: String) {
        guard hex.utf8.count == 2 * Self.byteCount, hex == hex.lowercased(), let bytes = Hex.decode(hex) else {
            return nil
        }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { Hex.encode(bytes) }

    /// The hexadecimal digits.
    public var description: String { hex }
}

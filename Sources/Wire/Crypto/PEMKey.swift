import COpenSSL

/// An OpenSSL key, freed with its last holder. OpenSSL counts references to keys under its own locks and does not
/// change a key once it is read, so several threads may use one.
final class PEMKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    /// What a PEM text may hold.
    enum Kind {
        /// PKCS #8 or a traditional private key.
        case secret
        /// SubjectPublicKeyInfo.
        case open
    }

    /// The longest PEM text read: a private RSA key of 16,384 bits takes 13 KB.
    static let pemBytesMax = 64 << 10

    /// Reads the first key of that kind in a PEM text (RFC 7468). Never asks for a passphrase.
    init(pem: String, kind: Kind) throws(KeyError) {
        let text = Array(pem.utf8)
        guard text.count <= Self.pemBytesMax else { throw KeyError(.malformed, "a PEM text of over 64 KiB") }
        let key: OpaquePointer? = text.withUnsafeBytes { raw in
            guard let bio = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count)) else { return nil }
            defer { BIO_free(bio) }
            // Without a callback for the passphrase OpenSSL would ask at the terminal.
            switch kind {
            case .secret: return PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
            case .open: return PEM_read_bio_PUBKEY(bio, nil, { _, _, _, _ in -1 }, nil)
            }
        }
        ERR_clear_error()
        guard let key else {
            let wanted =
                kind == .secret ? "an unencrypted private key (PKCS #8)" : "a public key (SubjectPublicKeyInfo)"
            throw KeyError(.malformed, "wanted \(wanted) in PEM")
        }
        pointer = key
    }

    /// The signature of a message, with the digest given (Ed25519 takes none).
    func signature(for message: [UInt8], digest: OpaquePointer?) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Int(EVP_PKEY_get_size(pointer)))
        var count = signature.count
        // Signing by a checked key fails only for want of memory, where nothing is left to be done.
        precondition(
            EVP_DigestSignInit(context, nil, digest, nil, pointer) == 1
                && EVP_DigestSign(context, &signature, &count, message, message.count) == 1,
            "OpenSSL could not sign"
        )
        return Array(signature.prefix(count))
    }

    /// Whether a signature is that of the message.
    func isValid(signature: [UInt8], for message: [UInt8], digest: OpaquePointer?) -> Bool {
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        return EVP_DigestVerifyInit(context, nil, digest, nil, pointer) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

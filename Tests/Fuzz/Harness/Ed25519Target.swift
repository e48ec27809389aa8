import Wire

extension FuzzTarget {
    /// Keys in PEM, and signatures of a known key: none but the one that was made is taken.
    static let ed25519 = FuzzTarget(name: "ed25519") { bytes in
        _ = try? Ed25519PublicKey(pem: String(decoding: bytes, as: UTF8.self))
        _ = try? Ed25519PrivateKey(pem: String(decoding: bytes, as: UTF8.self))
        guard bytes.count >= 96, let key = Ed25519PublicKey(bytes: Array(bytes.prefix(32))) else { return }
        let signature = Array(bytes[32..<96])
        let message = Array(bytes[96...])
        guard key.isValid(signature: signature, for: message) else { return }
        require(!key.isValid(signature: signature, for: message + [0]), "a signature for two messages")
        require(Ed25519PublicKey(bytes: key.bytes) == key, "a key changes")
    }
}

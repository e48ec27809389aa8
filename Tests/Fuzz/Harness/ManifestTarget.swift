import SignalboxCore
import Wire

extension FuzzTarget {
    /// The DSSE envelope and the manifest in it. The bytes are read as an envelope and as a payload, since no mutation
    /// hits a signature.
    static let manifest = FuzzTarget(name: "manifest") { bytes in
        if let envelope = try? DSSEEnvelope(parsing: bytes) {
            require((try? DSSEEnvelope(parsing: envelope.bytes)) == envelope, "an envelope changes when it is written")
            _ = try? Manifest(statement: envelope.payload)
            let key = Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))?.publicKey
            for signature in envelope.signatures {
                guard let key, !signature.bytes.isEmpty else { continue }
                require(!envelope.isValid(signature, by: key), "a signature that nobody made is valid")
            }
        }
        guard let manifest = try? Manifest(statement: bytes) else { return }
        require(
            (try? Manifest(statement: manifest.statement.bytes)) == manifest,
            "a manifest changes when it is written"
        )
    }
}

import SignalboxCore
import Wire

extension FuzzTarget {
    /// What else is signed, or says who may sign: a keyring, its draft, the root keys, a receipt. What is taken is
    /// written and read again as the same.
    static let keyring = FuzzTarget(name: "keyring") { bytes in
        if let keyring = try? Keyring(parsing: bytes) {
            require((try? Keyring(parsing: keyring.json.bytes)) == keyring, "a keyring changes when it is written")
            var next = keyring
            if (try? next.countUp()) != nil { require(next.version > keyring.version, "a version does not count up") }
        }
        if let draft = try? KeyringDraft(parsing: bytes) {
            require((try? KeyringDraft(parsing: draft.bytes))?.keyring == draft.keyring, "a draft changes when written")
        }
        if let roots = try? KeyringRoots(parsing: bytes) {
            require((try? KeyringRoots(parsing: roots.json.bytes)) == roots, "root keys change when they are written")
            if let envelope = try? DSSEEnvelope(parsing: bytes) {
                require((try? roots.check(envelope)) == nil, "a keyring that nobody signed counts")
            }
        }
        receipt(bytes)
    }

    /// The bytes as the payload of a receipt, since no mutation hits a signature.
    private static func receipt(_ bytes: [UInt8]) {
        guard let key = Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32)) else { return }
        require((try? Receipt(verifying: bytes, key: key.publicKey)) == nil, "a receipt that nobody signed is believed")
        let signed = DSSEEnvelope(signing: bytes, type: Receipt.payloadType, key: key, keyID: "intake").bytes
        guard let receipt = try? Receipt(verifying: signed, key: key.publicKey) else { return }
        let again = try? Receipt(verifying: receipt.signed(by: key, keyID: "intake"), key: key.publicKey)
        require(again == receipt, "a receipt changes when it is written")
    }
}

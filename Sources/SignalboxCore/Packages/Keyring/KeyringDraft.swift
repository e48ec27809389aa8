public import Wire

/// A keyring on its way to its signatures: it may go from one machine with a root key to the next.
public struct KeyringDraft: Sendable, Equatable {
    /// What is to be signed.
    public let keyring: Keyring
    /// The signatures so far, over the very bytes that the first signer signed.
    public let envelope: DSSEEnvelope

    /// A keyring that nobody has signed yet; its version is 1 at least.
    public init(_ keyring: Keyring) {
        var keyring = keyring
        keyring.version = max(1, keyring.version)
        self.keyring = keyring
        envelope = DSSEEnvelope(payload: keyring.json.bytes, type: Keyring.payloadType)
    }

    /// Reads a draft: a keyring without signatures, or an envelope with too few of them or enough.
    ///
    /// - Throws: ``KeyringError`` `keyring_unreadable`, `keyring_payload_type`.
    public init(parsing bytes: [UInt8]) throws(KeyringError) {
        switch try KeyringForm(parsing: bytes) {
        case .plain(let keyring): self.init(keyring)
        case .envelope(let envelope):
            guard envelope.payloadType == Keyring.payloadType else {
                throw KeyringError(.payloadType, "wanted payload type \(Keyring.payloadType)")
            }
            // Nobody is believed here: what the draft says is shown to whoever signs it.
            self.init(try Keyring(parsing: envelope.payload), envelope)
        }
    }

    private init(_ keyring: Keyring, _ envelope: DSSEEnvelope) {
        self.keyring = keyring
        self.envelope = envelope
    }

    /// The draft with the signature of a root key.
    ///
    /// - Throws: ``KeyringError`` `keyring_roots_missing` for a key that is no root.
    public func signed(by key: Ed25519PrivateKey, roots: KeyringRoots) throws(KeyringError) -> KeyringDraft {
        guard let name = roots.name(of: key.publicKey) else {
            throw KeyringError(.rootsMissing, "the key given is none of the root keys")
        }
        return KeyringDraft(keyring, envelope.signed(by: key, keyID: name))
    }

    /// How many distinct roots have signed.
    public func signatureCount(_ roots: KeyringRoots) -> Int { roots.signers(of: envelope).count }

    /// Whether enough have.
    public func isComplete(_ roots: KeyringRoots) -> Bool { signatureCount(roots) >= roots.threshold }

    /// The file's form: without a signature the keyring itself, for an envelope has one at least.
    public var bytes: [UInt8] {
        envelope.signatures.isEmpty
            ? Array((keyring.json.serialized(pretty: true) + "\n").utf8) : envelope.bytes
    }
}

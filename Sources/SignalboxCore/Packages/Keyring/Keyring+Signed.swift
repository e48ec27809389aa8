public import Wire

extension Keyring {
    /// The DSSE payload type of a signed keyring.
    public static let payloadType = "application/vnd.signalbox.keyring+json"

    /// Reads an envelope that enough roots signed; its times are not looked at.
    ///
    /// - Throws: ``KeyringError``, each cause under its own code.
    public init(verifying envelope: DSSEEnvelope, roots: KeyringRoots) throws(KeyringError) {
        try roots.check(envelope)
        // Only now is the payload more than bytes of unknown origin.
        try self.init(parsing: envelope.payload)
        guard version > 0 else {
            throw KeyringError(.unreadable, "a signed keyring has a version of 1 or more")
        }
    }

    /// The keyring as an envelope, signed by each of these keys.
    public func signed(by signers: [(key: Ed25519PrivateKey, keyID: String)]) -> DSSEEnvelope {
        signers.reduce(DSSEEnvelope(payload: json.bytes, type: Self.payloadType)) { envelope, signer in
            envelope.signed(by: signer.key, keyID: signer.keyID)
        }
    }
}

/// What the bytes of a keyring are.
public enum KeyringForm: Sendable, Equatable {
    /// The keyring itself: nobody signed it.
    case plain(Keyring)
    /// An envelope, nothing of it verified yet.
    case envelope(DSSEEnvelope)

    /// Tells what the bytes are.
    ///
    /// - Throws: ``KeyringError`` `keyring_unreadable`, or `keyring_unsigned` for an envelope without a signature.
    public init(parsing bytes: [UInt8]) throws(KeyringError) {
        guard bytes.count <= Keyring.fileBytesMax else {
            throw KeyringError(.unreadable, "the keyring has more than \(Keyring.fileBytesMax) bytes")
        }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch {
            throw KeyringError(.unreadable, "the keyring cannot be read: \(error)")
        }
        guard json["payloadType"] != nil || json["payload"] != nil else {
            self = .plain(try Keyring(parsing: bytes))
            return
        }
        do {
            self = .envelope(try DSSEEnvelope(parsing: bytes))
        } catch {
            throw KeyringError(error.code == .unsigned ? .unsigned : .unreadable, "the keyring: \(error.message)")
        }
    }
}

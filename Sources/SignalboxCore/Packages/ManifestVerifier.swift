public import Wire

/// Who signed what, checked before anything of it is parsed.
public struct ManifestVerifier: Sendable {
    private let keyring: Keyring

    /// A verifier that trusts the keys of a keyring.
    public init(keyring: Keyring) { self.keyring = keyring }

    /// Reads an envelope whose signature is good and whose key may sign for the manifest's environment and robot now.
    ///
    /// - Returns: the manifest and the keys that signed it.
    /// - Throws: ``Refusal``, each cause under its own code.
    public func verify(_ envelopeBytes: [UInt8], now: Timestamp) throws(Refusal) -> VerifiedManifest {
        guard envelopeBytes.count <= Manifest.envelopeBytesMax else {
            throw Refusal(.manifestTooLong, "the manifest has more than \(Manifest.envelopeBytesMax) bytes")
        }
        let envelope = try DSSEEnvelope(parsing: envelopeBytes)
        guard envelope.payloadType == DSSEEnvelope.inTotoPayloadType else {
            throw Refusal(.payloadType, "wanted payload type \(DSSEEnvelope.inTotoPayloadType)")
        }
        let signers = try signers(of: envelope)
        // Only now is the payload more than bytes of unknown origin.
        let manifest = try Manifest(statement: envelope.payload)
        var refusal: Refusal?
        var keyIDs: [String] = []
        for key in signers where !keyIDs.contains(key.keyID) {
            do {
                try key.check(environment: manifest.environmentID, robot: manifest.robotID, now: now)
                keyIDs.append(key.keyID)
            } catch {
                refusal = refusal ?? error
            }
        }
        guard keyIDs.isEmpty else { return VerifiedManifest(manifest: manifest, keyIDs: keyIDs) }
        throw refusal ?? Refusal(.unsigned, "the envelope carries no signature")
    }

    /// The keys of the keyring with a good signature: one at least.
    private func signers(of envelope: DSSEEnvelope) throws(Refusal) -> [Keyring.Key] {
        var refusal = Refusal(.unknownKey, "signed by \(envelope.signatures[0].keyID), which the keyring does not hold")
        var signers: [Keyring.Key] = []
        for signature in envelope.signatures {
            guard let key = keyring.keys[signature.keyID], let publicKey = Ed25519PublicKey(bytes: key.publicKey) else {
                continue
            }
            if envelope.isValid(signature, by: publicKey) {
                signers.append(key)
            } else {
                refusal = Refusal(.badSignature, "the signature by \(key.keyID) does not fit the payload")
            }
        }
        guard !signers.isEmpty else { throw refusal }
        return signers
    }
}

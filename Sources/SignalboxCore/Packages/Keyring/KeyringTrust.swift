public import Wire

/// Why a keyring is believed.
public enum KeyringTrust: Sendable, Equatable {
    /// Enough of these roots signed it, wherever it lies.
    case roots(KeyringRoots)
    /// It is a file of this machine: who may write that may replace the program, too. Nobody needs to have signed it.
    case localFile

    /// Reads a keyring that may be believed; its version and its times are not looked at.
    ///
    /// - Throws: ``KeyringError``.
    public func read(_ bytes: [UInt8]) throws(KeyringError) -> TrustedKeyring {
        switch (try KeyringForm(parsing: bytes), self) {
        case (.envelope(let envelope), .roots(let roots)):
            let keyring = try Keyring(verifying: envelope, roots: roots)
            return TrustedKeyring(keyring: keyring, signedDigest: SHA256.digest(of: envelope.payload))
        case (.plain, .roots):
            throw KeyringError(.unsigned, "the keyring is not signed: see `signalbox keys sign`")
        case (.plain(let keyring), .localFile):
            return TrustedKeyring(keyring: keyring, signedDigest: nil)
        case (.envelope, .localFile):
            let message = "the keyring is signed, and nothing says whose signatures count: set SIGNALBOX_KEYRING_ROOTS"
            throw KeyringError(.rootsMissing, message)
        }
    }
}

/// A keyring that was found to be genuine.
public struct TrustedKeyring: Sendable, Equatable {
    /// The keyring.
    public let keyring: Keyring
    /// The digest of the bytes that the roots signed; nil where nobody had to.
    public let signedDigest: Digest?

    /// It may follow another one: it is not older, and of one version there is one keyring.
    ///
    /// - Throws: ``KeyringError`` `keyring_rolled_back`, `keyring_version_reused`.
    public func check(follows earlier: TrustedKeyring) throws(KeyringError) {
        let (version, known) = (keyring.version, earlier.keyring.version)
        guard version >= known else {
            throw KeyringError(.rolledBack, "the keyring has version \(version), and \(known) was read before")
        }
        if version == known, let signedDigest, let other = earlier.signedDigest, signedDigest != other {
            throw KeyringError(.versionReused, "two keyrings have version \(version)")
        }
    }

    /// Its time is not over.
    ///
    /// - Throws: ``KeyringError`` `keyring_expired`.
    public func check(at now: Timestamp) throws(KeyringError) {
        guard let expiresAt = keyring.expiresAt, keyring.isExpired(at: now) else { return }
        throw KeyringError(.expired, "version \(keyring.version) of the keyring was good until \(expiresAt)")
    }
}

import Wire

/// A package as it lies in staging, both objects pinned.
struct StagedPackage: Sendable {
    let place: PackageLocation
    let archive: ObjectMetadata
    let manifest: ObjectMetadata
    /// Set as soon as the manifest's signature was found good.
    var manifestDigest: Digest?
    /// Set as soon as every byte of the archive was found to be the manifest's.
    var archiveDigest: Digest?
}

/// A package with a genuine manifest; kept only when every byte of its archive is the manifest's.
struct VerifiedPackage: Sendable {
    var staged: StagedPackage
    let manifest: Manifest
    let envelope: [UInt8]
    /// The digest of the envelope.
    let manifestDigest: Digest
    /// The keys that signed, see ``VerifiedManifest/keyIDs``.
    var keyIDs: [String]

    init(staged: StagedPackage, verified: VerifiedManifest, envelope: [UInt8]) {
        self.staged = staged
        manifest = verified.manifest
        self.envelope = envelope
        manifestDigest = SHA256.digest(of: envelope)
        self.staged.manifestDigest = manifestDigest
        keyIDs = verified.keyIDs
    }
}

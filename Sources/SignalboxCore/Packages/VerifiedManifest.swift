/// A manifest that keys of the keyring signed.
public struct VerifiedManifest: Sendable, Equatable {
    /// What they signed.
    public let manifest: Manifest
    /// Those of them that may sign for it now, one at least, each once, in the envelope's order.
    public let keyIDs: [String]

    /// The first of them.
    public var keyID: String { keyIDs[0] }
}

/// A keyring that must not be used; `docs/errors.md` says what to do about each code.
public struct KeyringError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why: closed, stable, fit for a metric's label.
    public enum Code: String, Sendable, CaseIterable {
        /// Its source cannot be reached, or does not answer in time.
        case unavailable = "keyring_unavailable"
        /// It is no keyring, or a damaged one.
        case unreadable = "keyring_unreadable"
        /// Nobody signed it, where somebody must.
        case unsigned = "keyring_unsigned"
        /// It is signed, and nobody said whose signatures count.
        case rootsMissing = "keyring_roots_missing"
        /// What is signed is no keyring by its payload type.
        case payloadType = "keyring_payload_type"
        /// A root key's signature does not fit the payload.
        case badSignature = "keyring_bad_signature"
        /// Fewer distinct root keys signed it than must.
        case threshold = "keyring_threshold"
        /// Its version is older than one that was read before.
        case rolledBack = "keyring_rolled_back"
        /// Another keyring of the same version was read before.
        case versionReused = "keyring_version_reused"
        /// Its time is over.
        case expired = "keyring_expired"
    }

    /// Why.
    public let code: Code
    /// For people.
    public let message: String

    /// An error of a code.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// `keyring_expired: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}

public import Wire

extension Keyring {
    /// Admits a key.
    ///
    /// - Throws: ``KeyChangeError`` `key_exists`.
    public mutating func admit(_ key: Key) throws(KeyChangeError) {
        guard keys[key.keyID] == nil else {
            throw KeyChangeError(.exists, "the keyring holds a key \(key.keyID) already: choose another id")
        }
        if let other = keys.values.first(where: { $0.publicKey == key.publicKey }) {
            throw KeyChangeError(.exists, "the keyring holds this key already, as \(other.keyID)")
        }
        set(key)
    }

    /// Admits the key that follows another, for the same environments and robots; both may sign until the older one's
    /// time ends.
    ///
    /// - Parameter end: when the older key may sign no more; one that ends earlier stays as it is.
    /// - Throws: ``KeyChangeError`` `key_unknown`, `key_over` for a key that may not sign now, `key_exists`.
    public mutating func rotate(
        _ keyID: String,
        to successor: Key,
        overlappingUntil end: Timestamp,
        now: Timestamp
    ) throws(KeyChangeError) {
        var old = try known(keyID)
        guard old.revokedAt.map({ $0 > now }) ?? true, now < old.notAfter else {
            throw KeyChangeError(.over, "key \(keyID) may sign no more: make a new one with `signalbox keys new`")
        }
        var successor = successor
        successor.environments = old.environments
        successor.robots = old.robots
        try admit(successor)
        old.notAfter = min(old.notAfter, end)
        set(old)
    }

    /// Ends a key: from that moment on nothing it ever signed is accepted. A revocation is never put off.
    ///
    /// - Throws: ``KeyChangeError`` `key_unknown`, `key_over` where it was revoked before that moment.
    public mutating func revoke(_ keyID: String, at moment: Timestamp) throws(KeyChangeError) {
        var key = try known(keyID)
        if let revokedAt = key.revokedAt, revokedAt <= moment {
            throw KeyChangeError(.over, "key \(keyID) was revoked at \(revokedAt)")
        }
        key.revokedAt = moment
        set(key)
    }

    /// Says that this is another keyring than before.
    ///
    /// - Throws: ``KeyChangeError`` `keyring_version_limit`.
    public mutating func countUp() throws(KeyChangeError) {
        guard version < Self.versionMax else {
            throw KeyChangeError(.versionLimit, "the keyring has version \(version), beyond which none is counted")
        }
        version += 1
    }

    private func known(_ keyID: String) throws(KeyChangeError) -> Key {
        guard let key = keys[keyID] else {
            throw KeyChangeError(.unknown, "the keyring holds no key \(keyID): see `signalbox keys list`")
        }
        return key
    }
}

/// A keyring cannot be changed like that.
public struct KeyChangeError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why.
    public enum Code: String, Sendable, CaseIterable {
        /// There is such a key already.
        case exists = "key_exists"
        /// There is no such key.
        case unknown = "key_unknown"
        /// The key's time is over, or it was revoked.
        case over = "key_over"
        /// There is no greater version.
        case versionLimit = "keyring_version_limit"
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

    /// `key_unknown: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}

/// Gives the keys to decide by.
public protocol KeyringProvider: Sendable {
    /// Those that are trusted now, as far as a cache of bounded age knows.
    ///
    /// - Throws: any error: nothing may be decided now.
    func current() async throws -> Keyring

    /// Those of a reading that begins now or later: for whoever would refuse for want of a key that may have been
    /// admitted meanwhile.
    ///
    /// - Throws: any error: nothing may be decided now.
    func fresh() async throws -> Keyring
}

extension CachedKeyring: KeyringProvider {}

/// The same keys always.
extension Keyring: KeyringProvider {
    /// Itself.
    public func current() -> Keyring { self }

    /// Itself.
    public func fresh() -> Keyring { self }
}

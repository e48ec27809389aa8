import SignalboxCore

/// The keyring that closures give.
struct KeyringScript: KeyringProvider {
    private let cached: @Sendable () throws -> Keyring
    private let read: @Sendable () throws -> Keyring

    init(
        current: @escaping @Sendable () throws -> Keyring,
        fresh: (@Sendable () throws -> Keyring)? = nil
    ) {
        cached = current
        read = fresh ?? current
    }

    func current() throws -> Keyring { try cached() }

    func fresh() throws -> Keyring { try read() }
}

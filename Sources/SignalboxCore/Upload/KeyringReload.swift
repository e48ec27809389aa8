import Synchronization
import Wire

/// Reads the keyring as it is now, now and then.
final class KeyringReload: Sendable {
    /// Between two readings.
    static let pauseSeconds = 5

    private let load: @Sendable () async throws -> Keyring
    private let clock: any Clock
    private let lastBegun = Mutex<Timestamp?>(nil)

    init(load: @escaping @Sendable () async throws -> Keyring, clock: any Clock) {
        self.load = load
        self.clock = clock
    }

    /// The keyring; nil where it was read a moment ago.
    func keyring() async throws -> Keyring? {
        let now = clock.now()
        let isDue = lastBegun.withLock { last in
            if let last, now - last < .seconds(Self.pauseSeconds), now >= last { return false }
            last = now
            return true
        }
        return isDue ? try await load() : nil
    }
}

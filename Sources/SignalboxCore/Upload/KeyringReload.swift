import Synchronization
import Wire

/// Reads the keyring as it is now, now and then.
final class KeyringReload: Sendable {
    /// Between two readings.
    static let pauseSeconds = 5

    private let load: @Sendable () async throws -> Keyring
    private let clock: any Clock
    private let reading = Mutex<(begun: Timestamp, keyring: Task<Keyring, any Error>)?>(nil)

    init(load: @escaping @Sendable () async throws -> Keyring, clock: any Clock) {
        self.load = load
        self.clock = clock
    }

    /// The keyring as it was read last, a moment ago at most; nil where that reading, which somebody else asked for,
    /// came to nothing. Who asks while it is read waits for it.
    func keyring() async throws -> Keyring? {
        let now = clock.now()
        let (keyring, isOwn) = reading.withLock { reading in
            if let last = reading, now - last.begun < .seconds(Self.pauseSeconds), now >= last.begun {
                return (last.keyring, false)
            }
            let keyring = Task { [load] in try await load() }
            reading = (now, keyring)
            return (keyring, true)
        }
        do {
            return try await keyring.value
        } catch {
            guard !isOwn else { throw error }
            return nil
        }
    }
}

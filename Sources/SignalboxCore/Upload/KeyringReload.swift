import Synchronization
import Wire

/// A fresh keyring, now and then: anybody can make a key's name up.
final class KeyringReload: Sendable {
    /// Between two readings.
    static let pauseSeconds = 5

    private let provider: any KeyringProvider
    private let clock: any Clock
    private let reading = Mutex<(begun: Timestamp, keyring: Task<Keyring, any Error>)?>(nil)

    init(_ provider: any KeyringProvider, clock: any Clock) {
        self.provider = provider
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
            let keyring = Task { [provider] in try await provider.fresh() }
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

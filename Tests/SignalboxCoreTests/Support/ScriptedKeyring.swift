import SignalboxCore
import SignalboxTesting
import Synchronization
import Wire

/// A keyring whose bytes a test changes, and whose readings it counts, holds up and lets fail.
final class ScriptedKeyring: KeyringSource {
    struct Outage: Error {}

    private struct State {
        var bytes: [UInt8]?
        var readings = 0
        var isHeld = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let name = "scripted"
    private let state: Mutex<State>
    private let onRead: @Sendable () -> Void

    init(_ keyring: Keyring, onRead: @escaping @Sendable () -> Void = {}) {
        state = Mutex(State(bytes: keyring.json.bytes))
        self.onRead = onRead
    }

    /// How often it was read.
    var readings: Int { state.withLock { $0.readings } }

    /// The bytes from now on; nil: it cannot be read.
    func set(_ bytes: [UInt8]?) { state.withLock { $0.bytes = bytes } }

    /// The keyring from now on.
    func set(_ keyring: Keyring) { set(keyring.json.bytes) }

    /// Readings wait from now on.
    func hold() { state.withLock { $0.isHeld = true } }

    /// Lets all readings go on.
    func release() {
        let waiting = state.withLock { state in
            state.isHeld = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func read() async throws -> [UInt8] {
        let bytes = state.withLock { state in
            state.readings += 1
            return state.bytes
        }
        onRead()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let goesOn = state.withLock { state in
                if state.isHeld { state.waiting.append(continuation) }
                return !state.isHeld
            }
            if goesOn { continuation.resume() }
        }
        guard let bytes else { throw Outage() }
        return bytes
    }
}

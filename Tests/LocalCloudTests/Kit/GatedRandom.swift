import Foundation
import Synchronization
import Wire

/// Random numbers for which a test makes one caller wait.
final class GatedRandom: RandomSource {
    private enum Gate {
        case open
        case closed
        case holding
    }

    private let source = SeededRandom(seed: 7)
    private let gate = Mutex(Gate.open)
    private let opened = DispatchSemaphore(value: 0)

    /// Makes the next caller wait.
    func hold() { gate.withLock { $0 = .closed } }

    /// Whether a caller waits.
    var isHolding: Bool { gate.withLock { $0 == .holding } }

    /// Lets the caller go on, and those behind it pass.
    func release() {
        let isHolding = gate.withLock { gate in
            defer { gate = .open }
            return gate == .holding
        }
        if isHolding { opened.signal() }
    }

    func bytes(_ count: Int) -> [UInt8] {
        let waits = gate.withLock { gate in
            guard gate == .closed else { return false }
            gate = .holding
            return true
        }
        if waits { opened.wait() }
        return source.bytes(count)
    }
}

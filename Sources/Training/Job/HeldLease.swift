import Synchronization
import Wire

/// How long this process may write without another word: a lease from the moment at which the last acknowledged
/// heartbeat was sent. Once it is out, the job may be another's, and only the document can tell.
final class HeldLease: Sendable {
    private let seconds: Int
    private let clock: any Clock
    private let end = Mutex<Timestamp?>(nil)

    init(seconds: Int, clock: any Clock) {
        self.seconds = seconds
        self.clock = clock
    }

    /// A heartbeat was acknowledged.
    func renew(from sentAt: Timestamp) { end.withLock { $0 = sentAt + .seconds(seconds) } }

    /// Whether a heartbeat was ever acknowledged.
    var wasHeld: Bool { end.withLock { $0 != nil } }

    /// Whether nobody else can have the job.
    var isFresh: Bool {
        let now = clock.now()
        return end.withLock { $0.map { $0 > now } ?? false }
    }
}

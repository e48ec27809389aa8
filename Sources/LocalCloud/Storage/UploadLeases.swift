import Synchronization

/// Who may write to an upload's file: the newest request, and no other.
///
/// A client whose connection broke comes back on a new one before the server has noticed the end of the old one.
final class UploadLeases: Sendable {
    /// One request's right to write.
    final class Lease: Sendable {
        private let isHeld = Mutex(true)

        /// Does a piece of work, unless the right has gone to another request.
        func perform<Value: Sendable>(_ work: () throws -> Value) throws -> Value {
            try isHeld.withLock { held in
                guard held else {
                    // 503, so that a client that was wrongly taken for the older one asks for the state and goes on.
                    throw StorageError(
                        status: 503,
                        reason: .backendError,
                        message: "another request goes on with this upload; ask how far it is"
                    )
                }
                return try work()
            }
        }

        fileprivate func revoke() { isHeld.withLock { $0 = false } }
    }

    private let leases = Mutex<[String: Lease]>([:])

    /// Takes the right to write; when this returns, no other request writes any more.
    func take(_ id: String) -> Lease {
        let lease = Lease()
        leases.withLock { leases in leases.updateValue(lease, forKey: id) }?.revoke()
        return lease
    }

    /// Forgets an upload that is over.
    func end(_ id: String) { leases.withLock { leases in leases.removeValue(forKey: id) }?.revoke() }
}

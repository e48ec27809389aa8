import Synchronization

/// Who may write to an upload's file: the newest request, and no other.
///
/// A client whose connection broke comes back on a new one before the server has noticed the end of the old one.
final class UploadLeases: Sendable {
    /// One request's right to write.
    final class Lease: Sendable {
        private enum State {
            case held
            /// All bytes are there and become an object's: nobody writes them any more.
            case finishing
            case revoked
        }

        private let state = Mutex(State.held)

        /// Does a piece of work, unless the right has gone to another request or was given up for finishing.
        func perform<Value: Sendable>(_ work: () throws -> Value) throws -> Value {
            try state.withLock { state in
                guard state == .held else { throw UploadLeases.taken }
                return try work()
            }
        }

        /// Gives up writing for good; until the upload ends, no other request gets the right either.
        func finish() throws(StorageError) {
            try state.withLock { state throws(StorageError) in
                guard state == .held else { throw UploadLeases.taken }
                state = .finishing
            }
        }

        /// Takes the right away, unless the upload is being finished.
        fileprivate func revoke() -> Bool {
            state.withLock { state in
                guard state != .finishing else { return false }
                state = .revoked
                return true
            }
        }
    }

    /// 503, so that a client that was wrongly taken for the older one asks for the state and goes on.
    private static let taken = StorageError(
        status: 503,
        reason: .backendError,
        message: "another request goes on with this upload; ask how far it is"
    )

    private let leases = Mutex<[String: Lease]>([:])

    /// Takes the right to write; when this returns, no other request writes any more.
    ///
    /// - Throws: ``StorageError`` (503) while another request makes the upload an object.
    func take(_ id: String) throws(StorageError) -> Lease {
        try leases.withLock { leases throws(StorageError) in
            guard leases[id]?.revoke() ?? true else { throw Self.taken }
            let lease = Lease()
            leases[id] = lease
            return lease
        }
    }

    /// Forgets an upload that is over, or whose finishing failed.
    func end(_ id: String) {
        leases.withLock { leases in _ = leases.removeValue(forKey: id)?.revoke() }
    }
}

/// A SHA-256 for one member after the other that a visitor can keep, where ``SHA256`` itself cannot be copied.
///
/// Copies share one hash; one thread uses it at a time, as the calls of an ``ArchiveVisitor`` do.
public struct MemberHash: Sendable {
    private final class State: @unchecked Sendable {
        var hash = SHA256()

        func finish() -> Digest {
            var finished = SHA256()
            swap(&finished, &hash)
            return finished.finalize()
        }
    }

    private let state = State()

    /// Nothing hashed yet.
    public init() {}

    /// Adds bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) { state.hash.update(bytes) }

    /// The digest of what was added since the last call; the next bytes start afresh.
    public func finish() -> Digest { state.finish() }
}

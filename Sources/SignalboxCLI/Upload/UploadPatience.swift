import GoogleCloud
import Wire

/// How long an upload that fails is tried again: counted anew whenever more bytes are safe.
struct UploadPatience {
    private let context: ServiceContext
    private var attempt = 0
    private var start: Timestamp
    private var safe: Int64 = 0

    init(_ context: ServiceContext) {
        self.context = context
        start = context.clock.now()
    }

    /// The service has so many bytes.
    mutating func note(safe bytes: Int64) {
        guard bytes > safe else { return }
        safe = bytes
        attempt = 0
        start = context.clock.now()
    }

    /// Waits before the next try.
    ///
    /// - Throws: the failure, where there is to be no other try.
    mutating func pause(after failure: any Error) async throws {
        attempt += 1
        guard
            let delay = context.retryPolicy.delay(
                afterAttempt: attempt,
                elapsed: context.clock.now() - start,
                retryAfter: nil,
                random: context.random
            )
        else { throw failure }
        try await context.clock.sleep(for: delay)
    }
}

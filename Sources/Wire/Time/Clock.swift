import Glibc

/// Where time comes from and how to wait: injected everywhere, so that a test can run a week in a moment.
public protocol Clock: Sendable {
    /// The time now, UTC.
    func now() -> Timestamp
    /// Waits that long, or throws `CancellationError` when the task is cancelled first.
    func sleep(for duration: Duration) async throws
}

/// The machine's own clock.
public struct SystemClock: Clock {
    /// The machine's clock.
    public init() {}

    /// CLOCK_REALTIME.
    public func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    }

    /// Waits on the runtime's continuous clock.
    public func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}

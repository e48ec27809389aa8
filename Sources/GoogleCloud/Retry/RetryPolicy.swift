public import Wire

/// How often and for how long a call is tried.
public struct RetryPolicy: Sendable, Equatable {
    /// Attempts in all.
    public var attemptsMax: Int
    /// From the first attempt to the start of the last.
    public var longest: Duration
    /// The waits between.
    public var backoff: Backoff

    /// Eight attempts in two minutes.
    public static let standard = RetryPolicy(attemptsMax: 8, longest: .seconds(120), backoff: .standard)

    /// A policy of its parts.
    public init(attemptsMax: Int, longest: Duration, backoff: Backoff) {
        self.attemptsMax = attemptsMax
        self.longest = longest
        self.backoff = backoff
    }

    /// How long to wait before the next attempt; nil where there is to be none.
    ///
    /// - Parameter retryAfter: what the service asked for; no attempt comes earlier.
    public func delay(
        afterAttempt attempt: Int,
        elapsed: Duration,
        retryAfter: Duration?,
        random: any RandomSource
    ) -> Duration? {
        guard attempt < attemptsMax else { return nil }
        let delay = max(backoff.delay(afterAttempt: attempt, random: random), retryAfter ?? .zero)
        return elapsed + delay <= longest ? delay : nil
    }
}

/// Whether a call may be carried out twice.
public enum Idempotency: Sendable {
    /// Twice is as good as once, or the second time is refused by a precondition.
    case idempotent
    /// Only repeated where the first attempt was certainly not carried out.
    case once
}

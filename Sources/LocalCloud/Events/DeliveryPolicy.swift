import Wire

/// How often and how long an event is sent again before it becomes a dead letter.
public struct DeliveryPolicy: Sendable, Equatable {
    /// Attempts in all; with waits of half a minute on average, more than there are within ``ageSecondsMax``.
    public var attemptsMax: Int
    /// How long after the event the last attempt may be.
    public var ageSecondsMax: Int64
    /// The upper bound of the first wait; it doubles with every attempt.
    public var backoffMin: Duration
    /// The upper bound of every wait.
    public var backoffMax: Duration
    /// What a receiver's `Retry-After` is cut to.
    public var retryAfterSecondsMax: Int64
    /// With a chaos seed: how late an event may be.
    public var chaosDelayMax: Duration

    /// As often as it takes within a day, waits of up to half a second at first and up to a minute later.
    public static let standard = DeliveryPolicy()

    /// A policy of its parts.
    public init(
        attemptsMax: Int = 5000,
        ageSecondsMax: Int64 = 24 * 3600,
        backoffMin: Duration = .milliseconds(500),
        backoffMax: Duration = .seconds(60),
        retryAfterSecondsMax: Int64 = 600,
        chaosDelayMax: Duration = .seconds(2)
    ) {
        self.attemptsMax = attemptsMax
        self.ageSecondsMax = ageSecondsMax
        self.backoffMin = backoffMin
        self.backoffMax = backoffMax
        self.retryAfterSecondsMax = retryAfterSecondsMax
        self.chaosDelayMax = chaosDelayMax
    }

    /// The wait behind a failed attempt: anything up to a bound that doubles ("full jitter",
    /// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and no less than `Retry-After`.
    func delay(afterAttempt attempt: Int, retryAfter: Int64?, unit: Double) -> Duration {
        var bound = backoffMin
        for _ in 1..<max(attempt, 1) where bound < backoffMax { bound = bound * 2 }
        let asked = Duration.seconds(min(retryAfter ?? 0, retryAfterSecondsMax))
        return max(min(bound, backoffMax) * unit, asked)
    }
}

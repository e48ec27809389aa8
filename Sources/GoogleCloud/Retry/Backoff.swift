public import Wire

/// How long to wait before the next attempt: exponential with full jitter
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
public struct Backoff: Sendable, Equatable {
    /// The longest first wait.
    public var initial: Duration
    /// The longest wait of all.
    public var longest: Duration
    /// By how much the longest wait grows with each attempt.
    public var factor: Double

    /// From a second to half a minute, doubling, as Google's own clients do.
    public static let standard = Backoff(initial: .seconds(1), longest: .seconds(32), factor: 2)

    /// A backoff of its parts.
    public init(initial: Duration, longest: Duration, factor: Double) {
        self.initial = initial
        self.longest = longest
        self.factor = factor
    }

    /// A wait drawn evenly from nothing up to the longest wait behind that many attempts.
    public func delay(afterAttempt attempt: Int, random: any RandomSource) -> Duration {
        let bound = (1..<max(attempt, 1)).reduce(initial) { bound, _ in min(Self.scaled(bound, by: factor), longest) }
        return Self.scaled(min(bound, longest), by: random.unit())
    }

    private static func scaled(_ duration: Duration, by factor: Double) -> Duration {
        .seconds(duration / .seconds(1) * factor)
    }
}

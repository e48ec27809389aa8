/// Where random numbers come from: injected, so that a seed replays a run.
public protocol RandomSource: Sendable {
    /// That many random bytes.
    func bytes(_ count: Int) -> [UInt8]
}

extension RandomSource {
    /// A number from 0 up to, not including, 1, with 53 random bits.
    public func unit() -> Double {
        let bits = bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(bits >> 11) / 9_007_199_254_740_992
    }
}

/// The kernel's random numbers, fit for keys.
public struct SystemRandomSource: RandomSource {
    /// The kernel's random numbers.
    public init() {}

    /// Bytes of getrandom(2), through the standard library.
    public func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

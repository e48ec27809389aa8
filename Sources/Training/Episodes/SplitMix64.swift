/// A stream of 64-bit random numbers (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014): small, and the same in every language.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below the bound; the bias is less than bound / 2^64.
    mutating func next(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// The order of an epoch's windows (Fisher-Yates). It follows from seed and epoch alone, so that a run that is
    /// resumed sees the batches that it would have seen.
    static func order(count: Int, seed: UInt64, epoch: Int) -> [UInt32] {
        // A stream of its own for each epoch: neighbouring seeds would give streams that are shifts of one another.
        var mixer = SplitMix64(seed: seed ^ (UInt64(epoch) &* 0xD134_2543_DE82_EF95))
        var generator = SplitMix64(seed: mixer.next())
        var order = Array(0..<UInt32(count))
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, generator.next(below: last + 1))
        }
        return order
    }
}

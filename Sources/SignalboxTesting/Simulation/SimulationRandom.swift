import SignalboxCore
import Wire

/// Random numbers of a schedule: SplitMix64 (Steele, Lea, Flood 2014), as a value without a lock.
struct SimulationRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number from 0 up to, not including, 1.
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    /// Whether something of that probability happens.
    mutating func chance(_ share: Double) -> Bool { unit() < share }

    /// A whole number of a range.
    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// One of several.
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[within(0...elements.count - 1)] }

    /// Another stream of numbers, the same for the same tag.
    func fork(_ tag: UInt64) -> SimulationRandom {
        var child = SimulationRandom(seed: state ^ (tag &* 0xD6E8_FEB8_6659_FD93))
        _ = child.next()
        return SimulationRandom(seed: child.next())
    }
}

/// A zip record under construction, numbers lowest byte first.
struct LittleEndianWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func u16(_ value: UInt16) { number(UInt64(value), 2) }

    mutating func u32(_ value: UInt32) { number(UInt64(value), 4) }

    mutating func u64(_ value: UInt64) { number(value, 8) }

    private mutating func number(_ value: UInt64, _ count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
}

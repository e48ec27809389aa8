/// The records of an extended header (POSIX.1-2017, pax, "pax Extended Header"): `LENGTH KEY=VALUE` and a newline, the
/// length in decimal digits and of the whole record.
struct PaxRecords {
    private static let lengthDigitsMax = 7

    /// The values by their keys.
    private(set) var values: [String: [UInt8]] = [:]

    /// Reads all records; a key may stand once, since readers disagree about which of two counts.
    init(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix(Self.lengthDigitsMax).prefix { (0x30...0x39).contains($0) }
            let length = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
            guard !digits.isEmpty, length > digits.count + 1, length <= rest.count,
                rest[digits.endIndex] == UInt8(ascii: " ")
            else { throw Self.damaged }
            let record = rest.prefix(length)
            let pair = record[(digits.endIndex + 1)...].dropLast()
            guard record.last == UInt8(ascii: "\n"), let sign = pair.firstIndex(of: UInt8(ascii: "=")) else {
                throw Self.damaged
            }
            let key = String(decoding: pair[..<sign], as: UTF8.self)
            guard values.updateValue(Array(pair[(sign + 1)...]), forKey: key) == nil else {
                throw ArchiveError(.directoryMismatch, "an extended header says \(key) twice")
            }
            rest = rest.dropFirst(length)
        }
    }

    /// The number of decimal digits under a key; nil where there is none.
    func number(_ key: String) throws(ArchiveError) -> Int64? {
        guard let value = values[key] else { return nil }
        guard value.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(String(decoding: value, as: UTF8.self))
        else { throw Self.damaged }
        return number
    }

    private static let damaged = ArchiveError(.malformed, "an extended header of the tar is damaged")
}

/// Base64 (RFC 4648): strict, so that one value has one text.
public enum Base64 {
    /// Which 64 characters, and whether `=` fills the end.
    public enum Alphabet: Sendable {
        /// `+`, `/` and padding (section 4).
        case standard
        /// `-`, `_` and no padding (section 5), as JWTs use it.
        case urlSafe
    }

    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// Text for bytes.
    public static func encode(_ bytes: [UInt8], alphabet: Alphabet = .standard) -> String {
        let last: [UInt8] = Array((alphabet == .standard ? "+/" : "-_").utf8)
        let table = letters + last
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for index in 0..<3 { word = word << 8 | (index < group.count ? UInt32(group[start + index]) : 0) }
            for index in 0...group.count { text.append(table[Int(word >> (18 - 6 * UInt32(index)) & 63)]) }
            if alphabet == .standard { text.append(contentsOf: repeatElement(0x3D, count: 3 - group.count)) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Bytes of text; nil for wrong characters, wrong or missing padding, and set bits behind the last byte.
    public static func decode(_ text: String, alphabet: Alphabet = .standard) -> [UInt8]? {
        var digits = Array(text.utf8)
        if alphabet == .standard {
            guard digits.count.isMultiple(of: 4) else { return nil }
            for _ in 0..<2 where digits.last == 0x3D { digits.removeLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3 + 2)
        var word: UInt32 = 0
        var bits: UInt32 = 0
        for digit in digits {
            guard let value = value(of: digit, alphabet: alphabet) else { return nil }
            word = word << 6 | value
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> bits))
            word &= (1 << bits) - 1
        }
        return word == 0 ? bytes : nil
    }

    private static func value(of digit: UInt8, alphabet: Alphabet) -> UInt32? {
        switch digit {
        case 0x41...0x5A: UInt32(digit) - 0x41
        case 0x61...0x7A: UInt32(digit) - 0x61 + 26
        case 0x30...0x39: UInt32(digit) - 0x30 + 52
        case UInt8(ascii: "+"): alphabet == .standard ? 62 : nil
        case UInt8(ascii: "/"): alphabet == .standard ? 63 : nil
        case UInt8(ascii: "-"): alphabet == .urlSafe ? 62 : nil
        case UInt8(ascii: "_"): alphabet == .urlSafe ? 63 : nil
        default: nil
        }
    }
}

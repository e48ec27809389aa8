/// Percent-encoding of URI parts (RFC 3986, section 2).
public enum PercentEncoding {
    /// Everything but the unreserved characters as `%XX`; `keeping` names further characters to leave as they are.
    public static func encode(_ text: String, keeping: String = "") -> String {
        let kept = Set("-._~".utf8).union(keeping.utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: output.append(byte)
            case _ where kept.contains(byte): output.append(byte)
            default: output.append(contentsOf: "%\(Hex.encode([byte]).uppercased())".utf8)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The text behind `%XX`; nil where a percent sign lacks its digits or the bytes are not UTF-8.
    public static func decode(_ text: some StringProtocol) -> String? {
        let input = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < input.count {
            guard input[index] == UInt8(ascii: "%") else {
                output.append(input[index])
                index += 1
                continue
            }
            guard index + 2 < input.count, let high = Hex.value(of: input[index + 1]),
                let low = Hex.value(of: input[index + 2])
            else { return nil }
            output.append(high << 4 | low)
            index += 3
        }
        return String(validating: output, as: UTF8.self)
    }
}

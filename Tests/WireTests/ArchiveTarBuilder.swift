import Wire

/// Builds tars (POSIX.1-2017, pax, "ustar Interchange Format"), right or wrong in any field.
enum TarBuilder {
    /// A header, its content and the zeros behind it; `change` is called before the header's checksum is taken.
    static func member(
        _ name: String,
        _ content: [UInt8] = [],
        type: Character = "0",
        link: String = "",
        padding: UInt8 = 0,
        change: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        put(String(name.prefix(100)), at: 0, in: &header)
        put("0000644\0" + "0000000\0" + "0000000\0", at: 100, in: &header)
        put(octal(content.count, digits: 11), at: 124, in: &header)
        put("00000000000", at: 136, in: &header)
        put(String(type), at: 156, in: &header)
        put(link, at: 157, in: &header)
        put("ustar\0" + "00", at: 257, in: &header)
        change(&header)
        put("        ", at: 148, in: &header)
        put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148, in: &header)
        return header + content + [UInt8](repeating: padding, count: (512 - content.count % 512) % 512)
    }

    /// Puts text into a header.
    static func put(_ text: String, at offset: Int, in header: inout [UInt8]) {
        header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }

    /// Octal digits with zeros in front.
    static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// An extended header of records that are right in their lengths.
    static func pax(_ records: [(String, String)], type: Character = "x") -> [UInt8] {
        member("pax", records.flatMap { record($0.0, $0.1) }, type: type)
    }

    /// `LENGTH KEY=VALUE` and a newline.
    static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n".utf8.count
        var length = rest + String(rest).count
        if rest + String(length).count != length { length += 1 }
        return Array("\(length) \(key)=\(value)\n".utf8)
    }

    static let end = [UInt8](repeating: 0, count: 1024)

    /// Content as zstd frames of one raw block each.
    static func zstd(_ content: [UInt8], window: UInt8 = 0x40) -> [UInt8] {
        var output: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 1000) {
            let block = content[start..<min(start + 1000, content.count)]
            output +=
                [0x28, 0xB5, 0x2F, 0xFD, 0x00, window] + littleEndian([(UInt64(block.count << 3 | 1), 3)]) + block
        }
        return output
    }

    /// Zeros as one zstd frame of blocks that say a byte and how often (RFC 8878, section 3.1.1.2.2).
    static func zstdZeros(blocks: Int) -> [UInt8] {
        let block = littleEndian([(UInt64(128 << 13 | 1 << 1), 3)]) + [0]
        let last = littleEndian([(UInt64(128 << 13 | 1 << 1 | 1), 3)]) + [0]
        return [0x28, 0xB5, 0x2F, 0xFD, 0x00, 13 << 3] + Array(repeatElement(block, count: blocks - 1).joined()) + last
    }
}

/// The strict scan that stands before json-c: RFC 8259's grammar with JSONTestSuite's reading of it.
///
/// json-c 0.16 takes duplicate names, raw control characters, overlong UTF-8, `NaN` and `1.`, and clamps large
/// integers; none of that passes here, so what reaches json-c means the same to every parser.
struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var position = 0
    private var depth = 0

    /// Checks the whole text, or throws what is wrong with it first.
    static func check(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONParseError) {
        var scanner = JSONScanner(bytes: bytes, limits: limits)
        guard bytes.count <= limits.bytesMax else { throw scanner.error(.tooLarge) }
        scanner.skipSpace()
        try scanner.value()
        scanner.skipSpace()
        guard scanner.position == bytes.count else { throw scanner.error(.trailingData) }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ code: JSONParseError.Code, at offset: Int? = nil) -> JSONParseError {
        let end = min(offset ?? position, bytes.count)
        var line = 1
        var start = 0
        for index in 0..<end where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            start = index + 1
        }
        return JSONParseError(code: code, line: line, column: end - start + 1)
    }

    /// What a byte that does not fit says: the end, bytes that cannot be UTF-8, or a wrong character.
    private func misfit() -> JSONParseError {
        guard let byte = next else { return error(.unexpectedEnd) }
        return error(byte >= 0x80 ? .invalidUTF8 : .unexpectedByte)
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(JSONParseError) {
        switch next {
        case UInt8(ascii: "{"): try nested { scanner throws(JSONParseError) in try scanner.object() }
        case UInt8(ascii: "["): try nested { scanner throws(JSONParseError) in try scanner.array() }
        case UInt8(ascii: "\""): _ = try string(isKey: false)
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case .some(let byte) where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): try number()
        default: throw misfit()
        }
    }

    private mutating func nested(
        _ body: (inout JSONScanner) throws(JSONParseError) -> Void
    ) throws(JSONParseError) {
        depth += 1
        guard depth <= limits.depthMax else { throw error(.tooDeep) }
        try body(&self)
        depth -= 1
    }

    private mutating func object() throws(JSONParseError) {
        position += 1
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return
        }
        var names = JSONMemberNames(bytes)
        while true {
            guard next == UInt8(ascii: "\"") else { throw misfit() }
            let start = position
            let isNew: Bool
            if let name = plainName() {
                isNew = names.insert(name)
            } else {
                isNew = names.insert(try string(isKey: true))
            }
            guard isNew else { throw error(.duplicateKey, at: start) }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw misfit() }
            position += 1
            skipSpace()
            try value()
            skipSpace()
            if next == UInt8(ascii: "}") { break }
            guard next == UInt8(ascii: ",") else { throw misfit() }
            position += 1
            skipSpace()
        }
        position += 1
    }

    private mutating func array() throws(JSONParseError) {
        position += 1
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return
        }
        while true {
            try value()
            skipSpace()
            if next == UInt8(ascii: "]") { break }
            guard next == UInt8(ascii: ",") else { throw misfit() }
            position += 1
            skipSpace()
        }
        position += 1
    }

    private mutating func literal(_ word: StaticString) throws(JSONParseError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard next == word.utf8Start[index] else { throw misfit() }
            position += 1
        }
    }
}

extension JSONScanner {
    private mutating func digits() throws(JSONParseError) {
        let start = position
        while let byte = next, byte >= 0x30, byte <= 0x39 { position += 1 }
        guard position > start else { throw next == nil ? error(.unexpectedEnd) : error(.invalidNumber) }
    }

    private mutating func number() throws(JSONParseError) {
        let start = position
        var isInteger = true
        if next == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        if next == UInt8(ascii: "0") {
            position += 1
            if let byte = next, byte >= 0x30, byte <= 0x39 { throw error(.invalidNumber) }
        } else {
            try digits()
        }
        let wholeDigits = position - firstDigit
        if next == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        var exponentDigits = 0
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            let firstExponentDigit = position
            try digits()
            exponentDigits = position - firstExponentDigit
        }
        // Below 10^18, and below 10^(200 + 99): in range, whatever the digits are.
        if wholeDigits <= (isInteger ? 18 : 200), exponentDigits <= 2 { return }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        let inRange = isInteger ? Int64(text) != nil : Double(text)?.isFinite ?? false
        guard inRange else { throw error(.numberOutOfRange, at: start) }
    }

    /// Passes a name of ASCII characters without escapes and returns its place; nil leaves it to ``string(isKey:)``.
    private mutating func plainName() -> Range<Int>? {
        let start = position + 1
        var end = start
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                position = end + 1
                return start..<end
            }
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") else { return nil }
            end += 1
        }
        return nil
    }

    /// Passes a string; returns its text when it is a member's name.
    private mutating func string(isKey: Bool) throws(JSONParseError) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = next else { throw error(.unexpectedEnd) }
            let start = position
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return isKey ? String(decoding: text, as: UTF8.self) : ""
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                if isKey {
                    guard scalar != Unicode.Scalar(0) else { throw error(.nullInKey, at: start) }
                    text.append(contentsOf: Array(String(Character(scalar)).utf8))
                }
                continue
            case 0..<0x20: throw error(.controlCharacter)
            case 0x20..<0x80: position += 1
            default: try multibyte(first: byte)
            }
            if isKey { text.append(contentsOf: bytes[start..<position]) }
        }
    }

    private mutating func escape() throws(JSONParseError) -> Unicode.Scalar {
        let start = position
        position += 1
        guard let byte = next else { throw error(.unexpectedEnd) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw error(.invalidEscape, at: start)
        }
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, next == UInt8(ascii: "\\") else { throw error(.invalidEscape, at: start) }
        position += 1
        guard next == UInt8(ascii: "u") else { throw error(.invalidEscape, at: start) }
        position += 1
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        else { throw error(.invalidEscape, at: start) }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONParseError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw error(.unexpectedEnd) }
            guard let digit = Hex.value(of: byte) else { throw error(.invalidEscape) }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// One well-formed sequence of two to four bytes (Unicode 15, table 3-7).
    private mutating func multibyte(first: UInt8) throws(JSONParseError) {
        let start = position
        let count: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: count = 1
        case 0xE0: (count, second) = (2, 0xA0...0xBF)
        case 0xED: (count, second) = (2, 0x80...0x9F)
        case 0xE1...0xEF: count = 2
        case 0xF0: (count, second) = (3, 0x90...0xBF)
        case 0xF1...0xF3: count = 3
        case 0xF4: (count, second) = (3, 0x80...0x8F)
        default: throw error(.invalidUTF8)
        }
        position += 1
        for index in 0..<count {
            let allowed = index == 0 ? second : 0x80...0xBF
            guard let byte = next, allowed.contains(byte) else { throw error(.invalidUTF8, at: start) }
            position += 1
        }
    }
}

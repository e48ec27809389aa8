/// Reads structured fields (RFC 9651, section 4.2), strictly: what the grammar does not allow is refused.
struct StructuredFieldParser {
    /// Digits of an integer.
    private static let digitsMax = 15

    private let text: [UInt8]
    private var position = 0

    init(_ text: String) { self.text = Array(text.utf8) }

    mutating func dictionary() throws(StructuredFieldError) -> [StructuredDictionary.Member] {
        var members: [StructuredDictionary.Member] = []
        skip(" ")
        while position < text.count {
            let start = position
            let key = try key()
            guard !members.contains(where: { $0.key == key }), members.count < StructuredDictionary.countMax else {
                throw failure("a new key, \(StructuredDictionary.countMax) at most", at: start)
            }
            let content: StructuredDictionary.Content
            if take("=") {
                content = peek("(") ? .list(try innerList()) : .item(try item())
            } else {
                content = .item(StructuredItem(.boolean(true), parameters: try parameters()))
            }
            members.append(StructuredDictionary.Member(key: key, content: content))
            skip(" \t")
            guard position < text.count else { break }
            try expect(",")
            skip(" \t")
            guard position < text.count else { throw failure("a member behind the comma") }
        }
        return members
    }

    private mutating func innerList() throws(StructuredFieldError) -> StructuredInnerList {
        try expect("(")
        var items: [StructuredItem] = []
        while true {
            skip(" ")
            if take(")") { break }
            guard items.count < StructuredDictionary.countMax else {
                throw failure("at most \(StructuredDictionary.countMax) items")
            }
            items.append(try item())
            guard peek(" ") || peek(")") else { throw failure("a space or a closing bracket") }
        }
        return StructuredInnerList(items, parameters: try parameters())
    }

    private mutating func item() throws(StructuredFieldError) -> StructuredItem {
        let value = try bareItem()
        return StructuredItem(value, parameters: try parameters())
    }

    private mutating func parameters() throws(StructuredFieldError) -> StructuredParameters {
        var parameters = StructuredParameters()
        while take(";") {
            skip(" ")
            let start = position
            let key = try key()
            guard parameters[key] == nil, parameters.list.count < StructuredDictionary.countMax else {
                throw failure("a new parameter, \(StructuredDictionary.countMax) at most", at: start)
            }
            parameters.add(key, take("=") ? try bareItem() : .boolean(true))
        }
        return parameters
    }

    private mutating func key() throws(StructuredFieldError) -> String {
        let start = position
        guard let first = next, Self.isLower(first) || first == UInt8(ascii: "*") else { throw failure("a key") }
        let key = run { Self.isLower($0) || Self.isDigit($0) || "_-.*".utf8.contains($0) }
        guard !key.isEmpty else { throw failure("a key", at: start) }
        return key
    }

    private mutating func bareItem() throws(StructuredFieldError) -> StructuredValue {
        guard let first = next else { throw failure("an item") }
        switch first {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: ":"): return .bytes(try bytes())
        case UInt8(ascii: "?"):
            position += 1
            if take("0") { return .boolean(false) }
            try expect("1")
            return .boolean(true)
        case UInt8(ascii: "-"), 0x30...0x39: return .integer(try integer())
        case _ where Self.isLetter(first) || first == UInt8(ascii: "*"):
            return .token(run { Self.isLetter($0) || Self.isDigit($0) || "!#$%&'*+-.^_`|~:/".utf8.contains($0) })
        default: throw failure("an item")
        }
    }

    private mutating func integer() throws(StructuredFieldError) -> Int64 {
        let isNegative = take("-")
        let start = position
        let digits = run(Self.isDigit)
        guard (1...Self.digitsMax).contains(digits.utf8.count), let number = Int64(digits), !peek(".") else {
            throw failure("an integer of at most \(Self.digitsMax) digits", at: start)
        }
        return isNegative ? -number : number
    }

    private mutating func string() throws(StructuredFieldError) -> String {
        try expect("\"")
        var characters: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: characters, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = next, "\"\\".utf8.contains(escaped) else { throw failure("an escaped quote") }
                position += 1
                characters.append(escaped)
            case 0x20...0x7E: characters.append(byte)
            default: throw failure("printable ASCII", at: position - 1)
            }
        }
        throw failure("a closing quote")
    }

    private mutating func bytes() throws(StructuredFieldError) -> [UInt8] {
        try expect(":")
        let start = position
        let digits = run { Self.isLetter($0) || Self.isDigit($0) || "+/=".utf8.contains($0) }
        guard let bytes = Base64.decode(digits) else { throw failure("base64 with padding", at: start) }
        try expect(":")
        return bytes
    }

    // MARK: Bytes

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private func peek(_ character: Unicode.Scalar) -> Bool { next.map { UInt32($0) == character.value } ?? false }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek(character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(StructuredFieldError) {
        guard take(character) else { throw failure("`\(character)`") }
    }

    private mutating func skip(_ characters: String) {
        while let byte = next, characters.utf8.contains(byte) { position += 1 }
    }

    private mutating func run(_ belongs: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = next, belongs(byte) { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private func failure(_ expected: String, at offset: Int? = nil) -> StructuredFieldError {
        StructuredFieldError(offset: offset ?? position, expected: expected)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) && byte & 0x40 != 0 }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

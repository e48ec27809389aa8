/// Tells code, comments and the insides of strings apart, as far as a check of style needs it: nested block comments,
/// raw and multi-line strings, code in interpolations.
struct SwiftLexer {
    private enum Frame {
        /// Code, and how many parentheses are open in it.
        case code(parentheses: Int)
        case string(pounds: Int, isMultiline: Bool)
    }

    private static let newline = UInt8(ascii: "\n")
    private static let quote = UInt8(ascii: "\"")
    private static let pound = UInt8(ascii: "#")
    private static let space = UInt8(ascii: " ")

    private let bytes: [UInt8]
    private var position = 0
    private var code: [UInt8] = []
    private var comments: [UInt8] = []
    private var frames = [Frame.code(parentheses: 0)]

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// The text twice, with the same lines: once without comments and strings, once with nothing but comments.
    static func split(_ text: String) -> (code: String, comments: String) {
        var lexer = SwiftLexer(text)
        while lexer.position < lexer.bytes.count { lexer.step() }
        return (String(decoding: lexer.code, as: UTF8.self), String(decoding: lexer.comments, as: UTF8.self))
    }

    private mutating func step() {
        switch frames[frames.count - 1] {
        case .code(let parentheses): stepInCode(parentheses)
        case .string(let pounds, let isMultiline): stepInString(pounds, isMultiline)
        }
    }

    private mutating func stepInCode(_ parentheses: Int) {
        if starts(with: "//") { return comment { $0.bytes[$0.position] == Self.newline } }
        if starts(with: "/*") { return blockComment() }
        if let opening = stringOpening() {
            frames.append(.string(pounds: opening.pounds, isMultiline: opening.isMultiline))
            return skip(opening.pounds + (opening.isMultiline ? 3 : 1))
        }
        switch bytes[position] {
        case UInt8(ascii: "("): frames[frames.count - 1] = .code(parentheses: parentheses + 1)
        case UInt8(ascii: ")") where parentheses == 0 && frames.count > 1:
            frames.removeLast()
            return skip(1)
        case UInt8(ascii: ")"): frames[frames.count - 1] = .code(parentheses: parentheses - 1)
        default: break
        }
        emit(code: bytes[position], comment: Self.space)
    }

    private mutating func stepInString(_ pounds: Int, _ isMultiline: Bool) {
        let marks = String(repeating: "#", count: pounds)
        if starts(with: "\\" + marks + "(") {
            frames.append(.code(parentheses: 0))
            return skip(2 + pounds)
        }
        if starts(with: "\\" + marks) { return skip(2 + pounds) }
        let closing = (isMultiline ? "\"\"\"" : "\"") + marks
        if starts(with: closing) {
            frames.removeLast()
            return skip(closing.utf8.count)
        }
        if !isMultiline, bytes[position] == Self.newline { frames.removeLast() }
        skip(1)
    }

    private func stringOpening() -> (pounds: Int, isMultiline: Bool)? {
        let pounds = bytes[position...].prefix { $0 == Self.pound }.count
        guard position + pounds < bytes.count, bytes[position + pounds] == Self.quote else { return nil }
        let isMultiline = bytes[(position + pounds)...].starts(with: "\"\"\"".utf8)
        return (pounds, isMultiline)
    }

    private mutating func comment(until isEnd: (SwiftLexer) -> Bool) {
        while position < bytes.count, !isEnd(self) { emit(code: Self.space, comment: bytes[position]) }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                emit(code: Self.space, comment: bytes[position])
            } else if starts(with: "*/") {
                depth -= 1
                emit(code: Self.space, comment: bytes[position])
            }
            if position < bytes.count { emit(code: Self.space, comment: bytes[position]) }
        } while depth > 0 && position < bytes.count
    }

    private func starts(with text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func skip(_ count: Int) {
        for _ in 0..<count where position < bytes.count { emit(code: Self.space, comment: Self.space) }
    }

    /// Takes one byte; lines stay lines on both sides.
    private mutating func emit(code codeByte: UInt8, comment: UInt8) {
        let isNewline = bytes[position] == Self.newline
        code.append(isNewline ? Self.newline : codeByte)
        comments.append(isNewline ? Self.newline : comment)
        position += 1
    }
}

/// Where functions start and end: functions, initialisers, subscripts and computed properties.
struct Functions {
    struct Found: Equatable {
        let name: String
        let firstLine: Int
        let lineCount: Int
    }

    /// What starts the next declaration: a function without a body ends before it.
    private static let declarations: Set<String> = [
        "func", "var", "let", "init", "deinit", "subscript", "case", "static", "public", "private", "fileprivate",
        "internal", "mutating", "nonmutating", "associatedtype", "typealias", "struct", "class", "enum", "extension",
        "protocol", "actor", "override", "final", "nonisolated",
    ]

    private let text: [Character]
    private var line = 1
    private var position = 0
    private var found: [Found] = []

    static func all(in file: SourceFile) -> [Found] {
        var functions = Functions(text: Array(file.code.joined(separator: "\n") + "\n"))
        functions.search()
        return functions.found
    }

    private init(text: [Character]) { self.text = text }

    private mutating func search() {
        while position < text.count {
            if isWordStart(position) {
                let word = word(at: position)
                if starts(function: word) { note(word) }
                position += word.count
            } else {
                if text[position] == "\n" { line += 1 }
                position += 1
            }
        }
    }

    private func starts(function word: String) -> Bool {
        let before = position > 0 ? text[position - 1] : " "
        let after = position + word.count < text.count ? text[position + word.count] : " "
        switch word {
        case "func", "var", "deinit": return before != "." && after == " "
        case "init": return before != "." && "(<?!".contains(after)
        case "subscript": return before != "." && "(<".contains(after)
        default: return false
        }
    }

    private mutating func note(_ word: String) {
        guard let start = word == "var" ? accessors() : body(), let end = closing(start) else { return }
        let lineCount = text[position...end].count { $0 == "\n" } + 1
        let name = word == "func" || word == "var" ? self.word(at: position + word.count + 1) : word
        found.append(Found(name: name, firstLine: line, lineCount: lineCount))
    }

    /// The brace that opens the body; nil for a requirement of a protocol.
    private func body() -> Int? {
        var depth = 0
        var isLineStart = false
        var index = position + word(at: position).count
        while index < text.count {
            switch text[index] {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return index
            case "}" where depth == 0: return nil
            case "\n": isLineStart = true
            case "@" where depth == 0 && isLineStart, "#" where depth == 0 && isLineStart: return nil
            case _ where depth == 0 && isLineStart && isWordStart(index):
                let word = word(at: index)
                if Self.declarations.contains(word) { return nil }
                index += word.count - 1
                isLineStart = false
            case let other where !other.isWhitespace: isLineStart = false
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The brace behind a property that has no initial value.
    private func accessors() -> Int? {
        var depth = 0
        var index = position
        while index < text.count {
            switch text[index] {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return index
            case "=" where depth == 0, "}" where depth == 0, "\n" where depth == 0: return nil
            default: break
            }
            index += 1
        }
        return nil
    }

    private func closing(_ start: Int) -> Int? {
        var depth = 0
        for index in start..<text.count {
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    private func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }

    private func isWordStart(_ index: Int) -> Bool {
        isWord(text[index]) && (index == 0 || !isWord(text[index - 1]))
    }

    private func word(at index: Int) -> String {
        guard index < text.count else { return "" }
        return String(text[index...].prefix(while: isWord))
    }
}

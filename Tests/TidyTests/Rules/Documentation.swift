/// Every public symbol has a doc comment: declarations marked public, requirements of public protocols, cases of public
/// enumerations.
struct Documentation {
    private enum Scope {
        case publicProtocol
        case publicEnum
        case other
    }

    private static let keywords: Set<String> = [
        "func", "var", "let", "init", "struct", "class", "enum", "protocol", "actor", "typealias", "subscript", "case",
        "associatedtype", "macro",
    ]
    private static let modifiers: Set<String> = [
        "public", "open", "static", "final", "private(set)", "internal(set)", "fileprivate(set)", "package(set)",
        "mutating", "nonmutating", "nonisolated", "nonisolated(unsafe)", "indirect", "convenience", "override",
        "required", "lazy", "weak", "prefix", "postfix", "infix", "consuming", "borrowing", "isolated", "distributed",
    ]

    private var scopes: [Scope] = []
    private var pending = Scope.other

    static func check(_ file: SourceFile) -> [Offence] {
        guard file.isSwift, !file.isTest else { return [] }
        var checker = Documentation()
        return file.code.indices.compactMap { index in
            let name = checker.undocumented(file, index)
            checker.enter(file.code[index])
            return name.map { Offence(file, line: index + 1, "\($0) has no doc comment") }
        }
    }

    /// The declaration of a line that must be documented and is not.
    private mutating func undocumented(_ file: SourceFile, _ index: Int) -> String? {
        var words = file.code[index].split(separator: " ").map(String.init)
        while words.first?.hasPrefix("@") == true { words.removeFirst() }
        let leading = words.prefix { Self.modifiers.contains($0) }
        let isPublic = leading.contains("public") || leading.contains("open")
        guard let keyword = words.dropFirst(leading.count).first.map({ String($0.prefix(while: \.isLetter)) }),
            Self.keywords.contains(keyword)
        else { return nil }
        if isPublic, keyword == "protocol" || keyword == "enum" {
            pending = keyword == "enum" ? .publicEnum : .publicProtocol
        }
        let isMember =
            switch scopes.last {
            case .publicProtocol: true
            case .publicEnum: keyword == "case"
            case .other, nil: false
            }
        guard isPublic || isMember, !Self.isDocumented(file, index) else { return nil }
        return file.lines[index].trimmingPrefix(while: \.isWhitespace).prefix(60).description
    }

    private static func isDocumented(_ file: SourceFile, _ index: Int) -> Bool {
        for line in file.lines[..<index].reversed() {
            let text = line.trimmingPrefix(while: \.isWhitespace)
            if text.hasPrefix("@") { continue }
            return text.hasPrefix("///") || text.hasSuffix("*/")
        }
        return false
    }

    private mutating func enter(_ line: String) {
        for character in line {
            if character == "{" {
                scopes.append(pending)
                pending = .other
            } else if character == "}" {
                _ = scopes.popLast()
            }
        }
    }
}

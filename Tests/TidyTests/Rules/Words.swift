/// Words that stand nowhere, or only in some places.
enum Words {
    private static let crashes = ["try!", "as!", "fatalError("]
    private static let unfinished = ["TODO", "FIXME", "XXX", "HACK"]
    private static let reasonCharactersMin = 12
    /// Cut in two so that this file keeps its own rule.
    private static let machinePaths = ["work", "root", "home"].map { "/" + $0 + "/" }

    static func crashes(_ file: SourceFile) -> [Offence] {
        guard file.isSwift, !file.isTest else { return [] }
        return places(file.code, file) { line in
            crashes.first { word in line.occurrences(of: word).contains { !line.isWord(before: $0) } }
        }
    }

    static func prints(_ file: SourceFile) -> [Offence] {
        guard file.isSwift, !file.isTest, !isConsole(file) else { return [] }
        return places(file.code, file) { line in
            ["print(", "debugPrint(", "dump("].first { word in
                line.occurrences(of: word).contains { !line.isWord(before: $0) && !line.isMember($0) }
            }
        }
    }

    private static func isConsole(_ file: SourceFile) -> Bool {
        ["Sources/SignalboxCLI", "Sources/Trainer"].contains(file.room)
            || (file.path.hasPrefix("functions/") && file.name == "main.swift")
    }

    /// `TODO: ` and a reason is allowed; a bare one is not.
    static func unfinished(_ file: SourceFile) -> [Offence] {
        places(file.comments, file) { line in
            unfinished.first { word in
                line.occurrences(of: word).contains { index in
                    let rest = line[index...].dropFirst(word.count)
                    let isWord = line.isWord(before: index) || rest.first.map(\.isLetter) ?? false
                    let hasReason = rest.hasPrefix(": ") && rest.count >= reasonCharactersMin
                    return !isWord && !hasReason
                }
            }
        }
    }

    static func machinePaths(_ file: SourceFile) -> [Offence] {
        places(file.lines, file) { line in
            machinePaths.first { path in line.occurrences(of: path).contains { !line.isPath(before: $0) } }
        }
    }

    private static func places(_ lines: [String], _ file: SourceFile, _ find: (String) -> String?) -> [Offence] {
        lines.enumerated().compactMap { index, line in find(line).map { Offence(file, line: index + 1, $0) } }
    }
}

extension String {
    /// Where some text stands, each time.
    func occurrences(of text: String) -> [Index] { ranges(of: text).map(\.lowerBound) }

    /// Whether a word goes on from before that place.
    func isWord(before index: Index) -> Bool {
        guard index > startIndex else { return false }
        let before = self[self.index(before: index)]
        return before.isLetter || before.isNumber || before == "_"
    }

    /// Whether a path or a host goes on from before that place.
    func isPath(before index: Index) -> Bool {
        guard index > startIndex else { return false }
        let before = self[self.index(before: index)]
        return before.isLetter || before.isNumber || "._-~})/".contains(before)
    }

    /// Whether a dot or `func ` stands in front of that place: a member's call, or a declaration.
    func isMember(_ index: Index) -> Bool {
        let before = self[..<index]
        return before.hasSuffix(".") || before.hasSuffix("func ")
    }
}

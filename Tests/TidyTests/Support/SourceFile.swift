/// A file of the repository, cut into lines, with its comments told apart from its code.
struct SourceFile: Sendable {
    /// Relative to the repository's root, `/` between parts.
    let path: String
    let lines: [String]
    /// The lines with comments and the insides of strings blanked; the lines as they are where this is no Swift.
    let code: [String]
    /// The lines with all but comments blanked; the lines as they are where this is no Swift.
    let comments: [String]

    init(path: String, text: String) {
        self.path = path
        lines = Self.cut(text)
        if path.hasSuffix(".swift") {
            let split = SwiftLexer.split(text)
            code = Self.cut(split.code)
            comments = Self.cut(split.comments)
        } else {
            code = lines
            comments = lines
        }
    }

    private static func cut(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The folder that the file belongs to: `Sources/Wire`, `functions/api`, `Tests/WireTests`.
    var room: String { path.split(separator: "/").prefix(2).joined(separator: "/") }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Whether people write it in a programming language.
    var isSource: Bool { [".swift", ".c", ".h", ".py", ".sh"].contains { path.hasSuffix($0) } }
}

/// A place that breaks a rule.
struct Offence: Sendable, Equatable, CustomStringConvertible {
    let path: String
    let line: Int
    let problem: String

    init(_ file: SourceFile, line: Int, _ problem: String) {
        path = file.path
        self.line = line
        self.problem = problem
    }

    var description: String { "\(path):\(line): \(problem)" }
}

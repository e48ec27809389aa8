/// Files that hold nothing.
enum DeadFiles {
    static func check(_ file: SourceFile) -> [Offence] {
        if file.name.lowercased().hasPrefix("placeholder") { return [Offence(file, line: 1, "a placeholder")] }
        let isBlank = file.code.allSatisfy { $0.allSatisfy(\.isWhitespace) }
        return isBlank ? [Offence(file, line: 1, "a file without content")] : []
    }
}

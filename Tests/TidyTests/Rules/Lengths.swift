/// How long lines, files and functions may be.
enum Lengths {
    static let columnsMax = 120
    static let fileLinesMax = 400
    static let functionLinesMax = 70

    static func columns(_ file: SourceFile) -> [Offence] {
        guard file.isSource else { return [] }
        return file.lines.enumerated().filter { $0.element.count > columnsMax }.map {
            Offence(file, line: $0.offset + 1, "\($0.element.count) columns, \(columnsMax) at most")
        }
    }

    static func lines(_ file: SourceFile) -> [Offence] {
        guard file.isSource, file.lines.count > fileLinesMax else { return [] }
        return [Offence(file, line: file.lines.count, "\(file.lines.count) lines, \(fileLinesMax) at most")]
    }

    static func functions(_ file: SourceFile) -> [Offence] {
        guard file.isSwift else { return [] }
        return Functions.all(in: file).filter { $0.lineCount > functionLinesMax }.map {
            Offence(file, line: $0.firstLine, "\($0.name) has \($0.lineCount) lines, \(functionLinesMax) at most")
        }
    }
}

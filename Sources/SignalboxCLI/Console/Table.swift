/// Columns for people, each as wide as its widest cell.
struct Table {
    private var rows: [[String]]

    /// A table of a heading.
    init(_ heading: String...) { rows = [heading] }

    /// Adds a row. Names may come from anybody: none of them moves the cursor.
    mutating func add(_ cells: String...) { rows.append(cells.map(Self.printable)) }

    private static func printable(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "\u{FFFD}" : $0 })
    }

    /// The lines, two spaces between columns.
    var lines: [String] {
        let widths = rows.reduce(into: [Int](repeating: 0, count: rows[0].count)) { widths, row in
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            return cells.joined(separator: "  ")
        }
    }
}

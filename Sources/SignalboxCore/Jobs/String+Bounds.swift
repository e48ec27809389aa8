/// Texts of others, cut so that a document can hold them; never within a letter.
extension String {
    /// The first line, and behind it the last where there are several: what is told, and how a log ends that is quoted.
    var firstAndLastLine: String {
        // Nearly all are one line of ASCII, where a line ends at 0x0A to 0x0D.
        if utf8.allSatisfy({ $0 < 0x80 && !(0x0A...0x0D).contains($0) }) { return self }
        let lines = split(whereSeparator: \.isNewline)
        guard let first = lines.first, let last = lines.last else { return "" }
        return lines.count == 1 ? String(first) : "\(first) \(last)"
    }

    /// As many whole letters from the start as fit.
    func prefix(utf8Bytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var end = startIndex
        var bytes = 0
        while end < endIndex {
            let next = index(after: end)
            bytes += self[end..<next].utf8.count
            guard bytes <= bytesMax else { break }
            end = next
        }
        return String(self[..<end])
    }

    /// As many whole letters from the end as fit.
    func suffix(utf8Bytes bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        var start = endIndex
        var bytes = 0
        while start > startIndex {
            let next = index(before: start)
            bytes += self[next..<start].utf8.count
            guard bytes <= bytesMax else { break }
            start = next
        }
        return String(self[start...])
    }
}

/// The range of a `Range` header (RFC 9110, section 14.1.2); one range, as Cloud Storage serves.
enum ByteRange: Equatable {
    /// From an offset, to an offset inclusive or to the end.
    case from(Int64, to: Int64?)
    /// So many bytes at the end.
    case last(Int64)

    /// Reads `bytes=0-99`, `bytes=100-` and `bytes=-100`; nil for all else, which the RFC has servers pass over.
    init?(_ header: String) {
        guard header.hasPrefix("bytes="), !header.contains(",") else { return nil }
        let parts = header.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let first = Int64(parts[0])
        let last = Int64(parts[1])
        switch (first, last) {
        case (let first?, let last?) where first >= 0 && first <= last: self = .from(first, to: last)
        case (let first?, nil) where first >= 0 && parts[1].isEmpty: self = .from(first, to: nil)
        case (nil, let last?) where parts[0].isEmpty && last >= 0: self = .last(last)
        default: return nil
        }
    }

    /// The bytes of a body of that size that are meant; nil where there are none.
    func resolve(size: Int64) -> Range<Int64>? {
        let range: Range<Int64>
        switch self {
        case .from(let first, let last):
            guard first < size else { return nil }
            range = first..<min(last ?? size - 1, size - 1) + 1
        case .last(let count): range = max(0, size - count)..<size
        }
        return range.isEmpty ? nil : range
    }
}

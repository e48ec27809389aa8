/// The `Content-Range` header of a resumable upload's request
/// (https://cloud.google.com/storage/docs/performing-resumable-uploads).
struct ContentRange: Equatable {
    /// The offset of the body's first byte; nil for `bytes */…`, a question for the state.
    let start: Int64?
    /// The offset of the body's last byte.
    let end: Int64?
    /// The size of the whole object, where it is known.
    let total: Int64?

    /// The length of the body; nil for a question for the state.
    var count: Int64? {
        guard let start, let end else { return nil }
        return end - start + 1
    }

    /// Reads `bytes 0-99/100`, `bytes 0-99/*`, `bytes */100` and `bytes */*`; nil for all else.
    init?(_ header: String) {
        guard header.hasPrefix("bytes ") else { return nil }
        let parts = header.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[1] == "*" {
            total = nil
        } else {
            guard let number = Int64(parts[1]), number >= 0 else { return nil }
            total = number
        }
        if parts[0] == "*" {
            start = nil
            end = nil
            return
        }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0, first <= last,
            last < total ?? Int64.max
        else { return nil }
        start = first
        end = last
    }
}

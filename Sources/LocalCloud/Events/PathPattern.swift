/// A pattern of document paths, as Eventarc writes it
/// (https://cloud.google.com/eventarc/docs/path-patterns): literals, `{name}`, `*`, and `{name=**}` or `**` at the end.
struct PathPattern {
    private let segments: [String]

    /// Reads a pattern.
    init(_ text: String) { segments = text.split(separator: "/").map { String($0) } }

    /// Whether a path matches as a whole.
    func matches(_ path: [String]) -> Bool {
        for (index, segment) in segments.enumerated() {
            if segment == "**" || (segment.hasPrefix("{") && segment.hasSuffix("=**}")) {
                return index == segments.count - 1 && path.count > index
            }
            guard index < path.count else { return false }
            let isWildcard = segment == "*" || (segment.hasPrefix("{") && segment.hasSuffix("}"))
            guard isWildcard || segment.utf8.elementsEqual(path[index].utf8) else { return false }
        }
        return path.count == segments.count
    }
}

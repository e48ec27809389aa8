import Wire

/// The parameters of a request's URL, in order; names may repeat.
struct ServerQuery: Sendable {
    private let items: [(name: String, value: String)]

    /// Reads `a=1&b=2`; a plus sign is a space; what does not decode is kept as it stands.
    init(_ text: some StringProtocol) {
        items = text.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decode(parts[0]), parts.count > 1 ? Self.decode(parts[1]) : "")
        }
    }

    private static func decode(_ text: some StringProtocol) -> String {
        let spaced = text.map { $0 == "+" ? " " : String($0) }.joined()
        return PercentEncoding.decode(spaced) ?? spaced
    }

    /// The first value under that name.
    subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// All values under that name.
    func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
}

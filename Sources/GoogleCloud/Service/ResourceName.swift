/// The name of a resource as its API writes it: `projects/P/locations/L/jobs/J` (https://google.aip.dev/122).
public struct ResourceName: Sendable, Equatable, CustomStringConvertible {
    private let ids: [String: String]
    /// The name, whole.
    public let description: String

    /// Reads a name with exactly these collections; nil where it has others, or an id that is none.
    public init?(_ text: String, _ collections: String...) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == collections.count * 2 else { return nil }
        var ids: [String: String] = [:]
        for (index, collection) in collections.enumerated() {
            let id = parts[index * 2 + 1]
            guard parts[index * 2] == collection, Self.isID(id) else { return nil }
            ids[collection] = id
        }
        self.ids = ids
        description = text
    }

    /// The id within a collection that the name was read with; empty for any other.
    public subscript(collection: String) -> String { ids[collection] ?? "" }

    /// Letters, digits and the marks of ids and of older projects' domains: nothing that leads elsewhere in a URL.
    private static func isID(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-._:".utf8.contains(byte)
            }
    }
}

import Wire

/// The order of a query's results: fields, each up or down, the name last.
struct QueryOrder: Sendable {
    private struct Key: Sendable {
        let path: FieldPath
        let isDescending: Bool

        func order(_ left: DocumentValue, _ right: DocumentValue) -> ValueOrder.Result {
            let result = ValueOrder.compare(left, right)
            return isDescending ? result.reversed : result
        }
    }

    private let keys: [Key]

    /// Reads an `orderBy` member, and adds what it leaves open: the fields compared by a filter, then the name.
    init(_ reader: JSONReader, filter: QueryFilter?) throws {
        var keys = try (reader.optional?.array() ?? []).map { item in
            let direction = try item["direction"].optional?.string() ?? "ASCENDING"
            guard ["ASCENDING", "DESCENDING", "DIRECTION_UNSPECIFIED"].contains(direction) else {
                throw item["direction"].mismatch("ASCENDING or DESCENDING")
            }
            return Key(
                path: try FieldPath(parsing: try item["field"]["fieldPath"].string()),
                isDescending: direction == "DESCENDING"
            )
        }
        let isDescending = keys.last?.isDescending ?? false
        for path in filter?.rangedFields ?? [] where !keys.contains(where: { $0.path == path }) {
            keys.append(Key(path: path, isDescending: isDescending))
        }
        self.init(completing: keys)
    }

    /// Reads the `orderBy` parameter of a list: `field desc, other`.
    init(_ text: String) throws(DocumentError) {
        var keys: [Key] = []
        for item in text.split(separator: ",") {
            let words = item.split(separator: " ")
            let isDescending = words.count == 2 && words[1].lowercased() == "desc"
            guard words.count == 1 || isDescending || (words.count == 2 && words[1].lowercased() == "asc") else {
                throw .invalid("orderBy is a list of fields, each with asc or desc: \(text)")
            }
            keys.append(Key(path: try FieldPath(parsing: String(words[0])), isDescending: isDescending))
        }
        self.init(completing: keys)
    }

    private init(completing keys: [Key]) {
        guard !keys.contains(where: { $0.path == .name }) else {
            self.keys = keys
            return
        }
        self.keys = keys + [Key(path: .name, isDescending: keys.last?.isDescending ?? false)]
    }

    /// Whether a document has all fields that it is ordered by.
    func covers(_ document: Document) -> Bool { keys.allSatisfy { document.value(at: $0.path) != nil } }

    /// Whether a document that is covered stands before another.
    func precedes(_ left: Document, _ right: Document) -> Bool {
        for key in keys {
            guard let leftValue = left.value(at: key.path), let rightValue = right.value(at: key.path) else { continue }
            let result = key.order(leftValue, rightValue)
            if result != .equal { return result == .less }
        }
        return false
    }

    /// How a document stands to a cursor's values, of which there may be fewer than fields.
    func compare(_ document: Document, to values: [DocumentValue]) -> ValueOrder.Result {
        for (key, value) in zip(keys, values) {
            guard let own = document.value(at: key.path) else { continue }
            let result = key.order(own, value)
            if result != .equal { return result }
        }
        return .equal
    }

    /// The values by which a document that is covered is ordered: the cursor that stands on it.
    func values(of document: Document) -> [DocumentValue] { keys.compactMap { document.value(at: $0.path) } }

    /// How many values a cursor can have.
    var count: Int { keys.count }
}

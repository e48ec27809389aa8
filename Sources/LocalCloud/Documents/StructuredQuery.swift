import GRDB
import Wire

/// A query (https://cloud.google.com/firestore/docs/reference/rest/v1/StructuredQuery), answered by a scan of the
/// collection: no index is asked for, unlike the real service.
struct StructuredQuery: Sendable {
    /// A place between documents.
    private struct Cursor: Sendable {
        let values: [DocumentValue]
        /// Whether the place is before the documents that equal the values, or behind them.
        let isBefore: Bool

        init?(_ reader: JSONReader, order: QueryOrder) throws {
            guard !reader.isNull else { return nil }
            values = try (reader["values"].optional?.array() ?? []).map { try DocumentValue($0) }
            isBefore = try reader["before"].optional?.bool() ?? false
            guard values.count <= order.count else { throw reader.mismatch("no more values than orderBy has fields") }
        }
    }

    private let parent: DocumentPath
    private let collectionID: String?
    private let allDescendants: Bool
    private let filter: QueryFilter?
    private let order: QueryOrder
    private let start: Cursor?
    private let end: Cursor?
    private let offset: Int
    private let limit: Int?
    /// The fields to answer with; nil for all.
    let selection: [FieldPath]?

    /// Reads a `structuredQuery` member.
    init(_ reader: JSONReader, parent: DocumentPath) throws {
        self.parent = parent
        let sources = try reader["from"].optional?.array() ?? []
        guard sources.count <= 1 else { throw reader["from"].mismatch("one collection") }
        collectionID = try sources.first?["collectionId"].optional?.string()
        allDescendants = try sources.first?["allDescendants"].optional?.bool() ?? false
        filter = try reader["where"].optional.map { try QueryFilter($0) }
        order = try QueryOrder(reader["orderBy"], filter: filter)
        start = try Cursor(reader["startAt"], order: order)
        end = try Cursor(reader["endAt"], order: order)
        offset = try reader["offset"].optional?.int(in: 0...Int(Int32.max)) ?? 0
        limit = try Self.limit(reader["limit"])
        if let select = reader["select"].optional {
            selection = try (select["fields"].optional?.array() ?? []).map {
                try FieldPath(parsing: try $0["fieldPath"].string())
            }
        } else {
            selection = nil
        }
    }

    /// All documents of a collection in an order.
    init(collection collectionID: String, parent: DocumentPath, order: QueryOrder) {
        self.parent = parent
        self.collectionID = collectionID
        self.order = order
        allDescendants = false
        filter = nil
        start = nil
        end = nil
        offset = 0
        limit = nil
        selection = nil
    }

    /// `Int32Value` is a bare number in ProtoJSON; older clients wrap it.
    private static func limit(_ reader: JSONReader) throws -> Int? {
        guard let value = reader.optional else { return nil }
        if case .object = value.value { return try value["value"].int(in: 0...Int(Int32.max)) }
        return try value.int(in: 0...Int(Int32.max))
    }

    /// The documents that the query means, whole, in its order.
    ///
    /// - Throws: ``DocumentError`` (`resourceExhausted`) beyond ``LocalCloudLimits/queryDocumentsMax``.
    func run(_ database: Database) throws -> [Document] {
        var documents: [Document] = []
        var scanned = 0
        try DocumentTable.scan(
            database,
            parent: parent,
            collectionID: collectionID,
            allDescendants: allDescendants
        ) { document in
            scanned += 1
            guard scanned <= LocalCloudLimits.queryDocumentsMax else {
                throw DocumentError(
                    .resourceExhausted,
                    "the query reads more than \(LocalCloudLimits.queryDocumentsMax) documents"
                )
            }
            if order.covers(document), filter?.matches(document) ?? true, isInside(document) {
                documents.append(document)
            }
        }
        documents.sort { order.precedes($0, $1) }
        let rest = documents.dropFirst(offset)
        return Array(limit.map { rest.prefix($0) } ?? rest)
    }

    private func isInside(_ document: Document) -> Bool {
        if let start {
            let result = order.compare(document, to: start.values)
            guard result == .greater || (result == .equal && start.isBefore) else { return false }
        }
        if let end {
            let result = order.compare(document, to: end.values)
            guard result == .less || (result == .equal && !end.isBefore) else { return false }
        }
        return true
    }
}

public import SignalboxCore
import Wire

extension Firestore {
    /// One page of a query. The page token holds the last document's place in the order, so that pages neither repeat
    /// nor miss a document that stays where it is.
    public func query(_ query: DocumentQuery) async throws(StoreError) -> DocumentPage {
        guard query.pageDocumentsMax > 0 else {
            throw StoreError(.invalidArgument, "\(query.collection): a page of at least one document, please")
        }
        var cursor: JSON?
        if let token = query.pageToken {
            guard let bytes = Base64.decode(token, alphabet: .urlSafe), let values = try? JSON(parsing: bytes) else {
                throw StoreError(.invalidArgument, "\(query.collection): the page token is not one of this store's")
            }
            cursor = values
        }
        let (parent, collection) = Self.split(query.collection)
        let order = query.orderBy ?? query.filters.first { $0.comparison != .equal }?.field
        let body: JSON = ["structuredQuery": query.structured(collection: collection, order: order, after: cursor)]
        do throws(ServiceError) {
            let request = HTTPRequest.json("POST", url(parent, method: ":runQuery"), body)
            let elements = try await client.elements(request, .idempotent)
            do {
                var documents: [Document] = []
                // Elements without a document tell the progress of long queries.
                for element in elements {
                    if let document = element["document"].optional { documents.append(try Document(document)) }
                }
                let isFull = documents.count >= query.pageDocumentsMax
                let token = isFull ? documents.last.flatMap { Self.token(behind: $0, order: order) } : nil
                return DocumentPage(
                    documents: documents,
                    nextPageToken: token,
                    readTime: try Self.readTime(of: elements)
                )
            } catch {
                throw ServiceError(error)
            }
        } catch {
            throw error.storeError(query.collection)
        }
    }

    /// `jobs/7/runs` is the collection `runs` of the document `jobs/7`.
    private static func split(_ path: String) -> (parent: String, collection: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func token(behind document: Document, order: String?) -> String? {
        var values: [JSON] = []
        if let order {
            guard let value = FieldPath.value(order, in: document.fields) else { return nil }
            values.append(value.json)
        }
        values.append(DocumentValue.reference(document.name).json)
        return Base64.encode(JSON.array(values).bytes, alphabet: .urlSafe)
    }
}

extension DocumentQuery {
    /// As the API writes it (https://cloud.google.com/firestore/docs/reference/rest/v1/StructuredQuery).
    fileprivate func structured(collection: String, order: String?, after cursor: JSON?) -> JSON {
        let direction: JSON = descending ? "DESCENDING" : "ASCENDING"
        var orders: [JSON] = []
        if let order {
            orders.append(["field": ["fieldPath": .string(FieldPath.text(order))], "direction": direction])
        }
        orders.append(["field": ["fieldPath": "__name__"], "direction": direction])
        var members: [String: JSON] = [
            "from": [["collectionId": .string(collection)]],
            "orderBy": .array(orders),
            "limit": .integer(Int64(pageDocumentsMax)),
        ]
        let conditions = filters.map(\.json)
        if conditions.count == 1 { members["where"] = conditions[0] }
        if conditions.count > 1 {
            members["where"] = ["compositeFilter": ["op": "AND", "filters": .array(conditions)]]
        }
        if let cursor { members["startAt"] = ["values": cursor, "before": false] }
        return .object(members)
    }
}

extension DocumentQuery.Filter {
    fileprivate var json: JSON {
        let field: JSON = ["fieldPath": .string(FieldPath.text(field))]
        // Equality with these two has an operator of its own.
        let unary: JSON? =
            switch (comparison, value) {
            case (.equal, .null): "IS_NULL"
            case (.equal, .double(let number)) where number.isNaN: "IS_NAN"
            default: nil
            }
        if let unary { return ["unaryFilter": ["op": unary, "field": field]] }
        let operation = JSON.string(comparison.rawValue)
        return ["fieldFilter": ["field": field, "op": operation, "value": value.json]]
    }
}

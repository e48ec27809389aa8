import GRDB
import Wire

extension DocumentService {
    func get(_ request: ServerRequest, _ path: DocumentPath) async throws -> ServerResponse {
        let document = try await store.read { try DocumentTable.find($0, path) }
        if let transaction = request.query["transaction"] { try transactions.record(transaction, path, document) }
        guard let document else { throw DocumentError(.notFound, "Document \"\(path.name)\" not found.") }
        return .json(document.masked(by: try request.mask("mask")).json)
    }

    /// The documents asked for, each found or missing, from one snapshot.
    func batchGet(_ body: JSONReader) async throws -> ServerResponse {
        let names = try body["documents"].optional?.array() ?? []
        guard names.count <= LocalCloudLimits.batchGetDocumentsMax else {
            throw DocumentError.invalid("at most \(LocalCloudLimits.batchGetDocumentsMax) documents a request")
        }
        let paths = try names.map { try DocumentPath(try $0.string()).document() }
        let mask = try DocumentWrite.mask(body["mask"])
        let (transaction, isNew) = try transaction(of: body)
        let (documents, readTime) = try await store.read { database in
            (try paths.map { try DocumentTable.find(database, $0) }, try timeOfSnapshot(database))
        }
        var answers: [JSON] = isNew ? [["transaction": transaction.map { .string($0) } ?? .null]] : []
        for (path, document) in zip(paths, documents) {
            if let transaction { try transactions.record(transaction, path, document) }
            let time = JSON.string(readTime.description)
            if let document {
                answers.append(["found": document.masked(by: mask).json, "readTime": time])
            } else {
                answers.append(["missing": .string(path.name), "readTime": time])
            }
        }
        return .json(.array(answers))
    }

    func runQuery(_ body: JSONReader, parent: DocumentPath) async throws -> ServerResponse {
        let query = try StructuredQuery(body["structuredQuery"], parent: parent)
        let (transaction, isNew) = try transaction(of: body)
        let (documents, time) = try await store.read { database in
            (try query.run(database), try timeOfSnapshot(database))
        }
        let readTime = JSON.string(time.description)
        if let transaction { try transactions.record(transaction, query, documents) }
        var answers: [JSON] = isNew ? [["transaction": transaction.map { .string($0) } ?? .null]] : []
        answers += documents.map {
            ["document": $0.masked(by: query.selection).json, "readTime": readTime]
        }
        if documents.isEmpty { answers.append(["readTime": readTime]) }
        return .json(.array(answers))
    }

    /// The documents of a collection, by name or as `orderBy` has it, page by page.
    func list(_ request: ServerRequest, _ collection: DocumentPath) async throws -> ServerResponse {
        let parent = try DocumentPath(Array(collection.name.split(separator: "/").map { String($0) }.dropLast()))
        let order = try QueryOrder(request.query["orderBy"] ?? "")
        let query = StructuredQuery(collection: collection.id, parent: parent, order: order)
        let (token, count) = try page(
            token: request.query["pageToken"],
            size: request.query["pageSize"].flatMap { Int($0) }
        )
        let start = try token.map { try cursor($0, order) }
        let documents = try await store.read { try query.run($0) }
        if let transaction = request.query["transaction"] {
            try transactions.record(transaction, query, documents)
        }
        let mask = try request.mask("mask")
        // By order, for the document that the page before ended with may be gone.
        let rest = documents.drop { document in
            start.map { order.compare(document, to: $0) != .greater } ?? false
        }
        var members: [String: JSON] = [:]
        if !rest.isEmpty { members["documents"] = .array(rest.prefix(count).map { $0.masked(by: mask).json }) }
        if rest.count > count, let last = rest.prefix(count).last {
            let values = JSON.array(order.values(of: last).map(\.json))
            members["nextPageToken"] = self.token(values.serialized())
        }
        return .json(.object(members))
    }

    func listCollectionIDs(_ body: JSONReader, parent: DocumentPath) async throws -> ServerResponse {
        let ids = try await store.read { try DocumentTable.collectionIDs($0, parent: parent) }
        let (start, count) = try page(
            token: try body["pageToken"].optional?.string(),
            size: try body["pageSize"].optional?.int()
        )
        let rest = ids.filter { id in start.map { $0.utf8.lexicographicallyPrecedes(id.utf8) } ?? true }
        var members: [String: JSON] = [:]
        if !rest.isEmpty { members["collectionIds"] = .array(rest.prefix(count).map { .string($0) }) }
        if rest.count > count, let last = rest.prefix(count).last { members["nextPageToken"] = token(last) }
        return .json(.object(members))
    }

    /// When a snapshot was taken: not before anything that it shows was written, also where the clock went back.
    private func timeOfSnapshot(_ database: Database) throws -> Timestamp {
        let last = try DurableCounter.commit.last(database)
        return Timestamp(microseconds: max(clock.now().microseconds, last))
    }

    /// The transaction that a read is part of, and whether the read begins it.
    private func transaction(of body: JSONReader) throws -> (id: String?, isNew: Bool) {
        if let id = body["transaction"].optional { return (try id.string(), false) }
        guard !body["newTransaction"].isNull else { return (nil, false) }
        return (try transactions.begin(), true)
    }

    /// The values that a list's page begins behind.
    private func cursor(_ token: String, _ order: QueryOrder) throws(DocumentError) -> [DocumentValue] {
        let values: [DocumentValue]
        do {
            values = try JSONReader(try JSON(parsing: token)).array().map { try DocumentValue($0) }
        } catch {
            throw Self.foreignToken
        }
        guard values.count == order.count else { throw Self.foreignToken }
        return values
    }

    private static let foreignToken = DocumentError.invalid("pageToken is not one of ours, or of another orderBy")

    /// What a page begins behind, as its token has it, and how long it is.
    private func page(token: String?, size: Int?) throws(DocumentError) -> (start: String?, count: Int) {
        let size = size ?? 0
        guard size >= 0 else { throw .invalid("pageSize is not negative") }
        let count = size == 0 ? LocalCloudLimits.pageResultsMax : min(size, LocalCloudLimits.pageResultsMax)
        guard let token, !token.isEmpty else { return (nil, count) }
        guard let bytes = Base64.decode(token, alphabet: .urlSafe),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw Self.foreignToken }
        return (text, count)
    }

    private func token(_ text: String) -> JSON { .string(Base64.encode(Array(text.utf8), alphabet: .urlSafe)) }
}

import GRDB
import Wire

extension DocumentService {
    /// Carries out writes, all or none, and beside them checks what a transaction has read.
    func commit(_ body: JSONReader) async throws -> ServerResponse {
        let writes = try (body["writes"].optional?.array() ?? []).map { try DocumentWrite($0) }
        let reads = try body["transaction"].optional.map { try transactions.end(try $0.string()) }
        let outcome = try await run(writes, reads: reads)
        var members: [String: JSON] = ["commitTime": .string(outcome.time.description)]
        if !outcome.results.isEmpty { members["writeResults"] = .array(outcome.results) }
        return .json(.object(members))
    }

    /// `createDocument`: 409 where the document is there.
    func create(_ request: ServerRequest, _ collection: DocumentPath) async throws -> ServerResponse {
        let body = try await request.json()
        let path = try collection.appending(request.query["documentId"] ?? newID())
        let fields = try DocumentValue.fields(body["fields"])
        let write = DocumentWrite(
            path: path,
            operation: .update(fields: fields, mask: nil),
            precondition: .exists(false)
        )
        _ = try await run([write])
        return try await answer(path, mask: request.mask("mask"))
    }

    /// `patch`: writes the fields of the mask, or all.
    func patch(_ request: ServerRequest, _ path: DocumentPath) async throws -> ServerResponse {
        let body = try await request.json()
        let fields = try DocumentValue.fields(body["fields"])
        let write = DocumentWrite(
            path: path,
            operation: .update(fields: fields, mask: try request.mask("updateMask")),
            precondition: try DocumentPrecondition(request.query)
        )
        _ = try await run([write])
        return try await answer(path, mask: request.mask("mask"))
    }

    /// `delete`: no error where the document is not there, unless a precondition wants it.
    func delete(_ request: ServerRequest, _ path: DocumentPath) async throws -> ServerResponse {
        let precondition = try DocumentPrecondition(request.query)
        _ = try await run([DocumentWrite(path: path, operation: .delete, precondition: precondition)])
        return .json([:])
    }

    private func run(
        _ writes: [DocumentWrite],
        reads: DocumentTransactions.Reads? = nil
    ) async throws -> DocumentCommit.Outcome {
        let now = clock.now()
        return try await store.write { database in
            try reads?.check(database)
            return try DocumentCommit.run(writes, database, outbox: outbox, location: location, now: now)
        }
    }

    private func answer(_ path: DocumentPath, mask: [FieldPath]?) async throws -> ServerResponse {
        guard let document = try await store.read({ try DocumentTable.find($0, path) }) else {
            throw DocumentError(.notFound, "Document \"\(path.name)\" was deleted as soon as it was written.")
        }
        return .json(document.masked(by: mask).json)
    }

    /// Twenty letters and digits, as Google's clients make them.
    private func newID() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String(random.bytes(20).map { letters[Int($0) % letters.count] })
    }
}

extension ServerRequest {
    /// The field paths of a mask in the query; nil where there is none.
    func mask(_ name: String) throws(DocumentError) -> [FieldPath]? {
        var paths: [FieldPath] = []
        for text in query.all("\(name).fieldPaths") { paths.append(try FieldPath(parsing: text)) }
        return paths.isEmpty ? nil : paths
    }
}

extension Document {
    /// The document with only the fields of a mask.
    func masked(by paths: [FieldPath]?) -> Document {
        var document = self
        document.fields = fields.masked(by: paths)
        return document
    }
}

import Wire

/// What must hold of a document for a write to be carried out
/// (https://cloud.google.com/firestore/docs/reference/rest/v1/Precondition).
enum DocumentPrecondition: Sendable {
    case none
    case exists(Bool)
    case updateTime(Timestamp)

    /// Reads a `currentDocument` member.
    init(_ reader: JSONReader) throws {
        if let exists = reader["exists"].optional {
            self = .exists(try exists.bool())
        } else if let time = reader["updateTime"].optional {
            self = .updateTime(try time.timestamp().truncatedToMicroseconds)
        } else {
            self = .none
        }
    }

    /// Reads `currentDocument.exists` and `currentDocument.updateTime`.
    init(_ query: ServerQuery) throws(DocumentError) {
        if let text = query["currentDocument.exists"] {
            guard let exists = Bool(text) else { throw .invalid("currentDocument.exists is true or false") }
            self = .exists(exists)
        } else if let text = query["currentDocument.updateTime"] {
            guard let time = Timestamp(rfc3339: text) else {
                throw .invalid("currentDocument.updateTime is an RFC 3339 time")
            }
            self = .updateTime(time.truncatedToMicroseconds)
        } else {
            self = .none
        }
    }

    /// Checks the document that is there, or the lack of one.
    ///
    /// - Throws: ``DocumentError``: `alreadyExists`, `notFound`, `failedPrecondition`.
    func check(_ document: Document?, name: String) throws(DocumentError) {
        switch self {
        case .none: return
        case .exists(false):
            if document != nil { throw DocumentError(.alreadyExists, "Document already exists: \(name)") }
        case .exists(true):
            if document == nil { throw DocumentError(.notFound, "No document to update: \(name)") }
        case .updateTime(let required):
            guard let document else {
                throw DocumentError(
                    .failedPrecondition,
                    "there is no document that could match the required version (\(required)): \(name)"
                )
            }
            guard document.updateTime == required else {
                throw DocumentError(
                    .failedPrecondition,
                    "the stored version (\(document.updateTime)) does not match the required base version "
                        + "(\(required)): \(name)"
                )
            }
        }
    }
}

/// A place in a database: a document, or a collection, or the root.
struct DocumentPath: Hashable, Sendable {
    /// The project's id.
    let project: String
    /// The database's id, most often `(default)`.
    let database: String
    /// The ids behind `/documents`, collections and documents by turns.
    let segments: [String]

    /// Reads `projects/P/databases/D/documents/…`.
    ///
    /// - Throws: ``DocumentError`` (`invalidArgument`).
    init(_ name: String) throws(DocumentError) {
        try self.init(name.split(separator: "/", omittingEmptySubsequences: false).map { String($0) })
    }

    /// Reads the parts of a name.
    init(_ parts: [String]) throws(DocumentError) {
        guard parts.count >= 5, parts[0] == "projects", parts[2] == "databases", parts[4] == "documents" else {
            throw .invalid(
                "a name begins projects/PROJECT/databases/DATABASE/documents: \(parts.joined(separator: "/"))"
            )
        }
        project = parts[1]
        database = parts[3]
        segments = Array(parts[5...])
        for segment in segments { try Self.check(segment) }
    }

    private init(project: String, database: String, segments: [String]) {
        self.project = project
        self.database = database
        self.segments = segments
    }

    private static func check(_ id: String) throws(DocumentError) {
        let bytes = id.utf8
        guard !bytes.isEmpty, bytes.count <= LocalCloudLimits.documentIDBytesMax, id != ".", id != "..",
            !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")), !(id.hasPrefix("__") && id.hasSuffix("__"))
        else {
            throw .invalid(
                "an id is 1 to \(LocalCloudLimits.documentIDBytesMax) bytes, not . nor .. nor __…__: '\(id)'"
            )
        }
    }

    /// `projects/P/databases/D`.
    var root: String { "projects/\(project)/databases/\(database)" }

    /// The full name.
    var name: String { ([root, "documents"] + segments).joined(separator: "/") }

    /// Whether a document is meant.
    var isDocument: Bool { !segments.isEmpty && segments.count.isMultiple(of: 2) }

    /// The ids of the collection that the last segment lies in, joined.
    var collection: String { segments.dropLast().joined(separator: "/") }

    /// The id of that collection.
    var collectionID: String { segments.dropLast().last ?? "" }

    /// The last segment.
    var id: String { segments.last ?? "" }

    /// The path one id further down.
    func appending(_ id: String) throws(DocumentError) -> DocumentPath {
        try Self.check(id)
        return DocumentPath(project: project, database: database, segments: segments + [id])
    }

    /// This path, which is a document's.
    ///
    /// - Throws: ``DocumentError`` (`invalidArgument`) for any other.
    func document() throws(DocumentError) -> DocumentPath {
        guard isDocument else { throw .invalid("this is no document's name: \(name)") }
        return self
    }
}

public import SignalboxCore
import Wire

/// Firestore in Native mode through its REST API (https://cloud.google.com/firestore/docs/reference/rest/v1).
///
/// A commit is repeated where its preconditions or its own meaning allow it to be sent twice: it creates, names an
/// update time, or holds no `increment`. An answer that is lost leaves open whether it was carried out, and the
/// repetition may fail on the precondition that the first attempt itself has broken. After such an attempt the store
/// reads all documents at one moment: where each is as the commit would have left it, and all were written at the same
/// time, the commit counts as carried out. All else is thrown as the service put it: read again and decide again.
///
/// A query that compares by anything but equality and names no order comes ordered by the compared field, as Firestore
/// must have it.
public struct Firestore: DocumentStore {
    /// Where Firestore is.
    public static let standardEndpoint = "https://firestore.googleapis.com"

    let client: ServiceClient
    /// `projects/P/databases/D/documents`, the start of each document's name.
    let root: String
    private let endpoint: String

    /// A database of a project.
    public init(
        project: String,
        database: String = "(default)",
        endpoint: String = standardEndpoint,
        credentials: (any Credentials)?,
        context: ServiceContext
    ) {
        root = "projects/\(project)/databases/\(database)/documents"
        self.endpoint = endpoint
        client = ServiceClient(context: context, tokens: credentials.map { TokenSource($0, clock: context.clock) })
    }

    /// A document, and when it was read.
    public func read(_ path: String) async throws(StoreError) -> DocumentRead {
        let (documents, readTime) = try await readAll([path])
        return DocumentRead(document: documents[name(path)], readTime: readTime)
    }

    /// Documents by name, all as of one moment, and when that was; those that are not there are left out. A plain GET
    /// does not tell the time
    /// (https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents/batchGet).
    func readAll(
        _ paths: [String]
    ) async throws(StoreError) -> (documents: [String: Document], readTime: Timestamp) {
        let body: JSON = ["documents": .array(paths.map { .string(name($0)) })]
        do throws(ServiceError) {
            let request = HTTPRequest.json("POST", url(method: ":batchGet"), body)
            let elements = try await client.elements(request, .idempotent)
            do { return try Self.answer(elements, to: paths.map(name)) } catch { throw ServiceError(error) }
        } catch {
            throw error.storeError(paths.joined(separator: ", "))
        }
    }

    private static func answer(
        _ elements: [JSONReader],
        to names: [String]
    ) throws -> (documents: [String: Document], readTime: Timestamp) {
        var documents: [String: Document] = [:]
        var unanswered = Set(names)
        for element in elements {
            if let found = element["found"].optional {
                let document = try Document(found)
                documents[document.name] = document
                unanswered.remove(document.name)
            } else if let missing = element["missing"].optional {
                unanswered.remove(try missing.string())
            }
        }
        // A document that nobody spoke of is not one that is missing.
        guard unanswered.isEmpty else {
            throw ServiceError(code: .unavailable, message: "the service's answer is not whole")
        }
        return (documents, try readTime(of: elements))
    }

    /// When a stream of answers was read: its last word, for the times of one stream may rise.
    static func readTime(of elements: [JSONReader]) throws(JSONTypeError) -> Timestamp {
        let last = elements.last { $0["readTime"].optional != nil } ?? JSONReader([:])
        return try last["readTime"].timestamp()
    }

    func name(_ path: String) -> String { "\(root)/\(path)" }

    func url(_ path: String = "", method: String = "") -> String {
        let name = path.isEmpty ? root : name(path)
        return "\(endpoint)/v1/\(PercentEncoding.encode(name, keeping: "/()"))\(method)"
    }
}

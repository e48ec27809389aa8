public import SignalboxCore
public import Wire

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

    /// A document, nil where there is none.
    public func get(_ path: String) async throws(StoreError) -> Document? {
        do throws(ServiceError) {
            let answer = try await client.json(HTTPRequest(url: url(path)), .idempotent).value
            do { return try Document(answer) } catch { throw ServiceError(error) }
        } catch {
            // A missing database is also "not found", and is not a missing document.
            if error.code == .notFound, !error.message.contains("The database") { return nil }
            throw error.storeError(path)
        }
    }

    func name(_ path: String) -> String { "\(root)/\(path)" }

    func url(_ path: String = "", method: String = "") -> String {
        let name = path.isEmpty ? root : name(path)
        return "\(endpoint)/v1/\(PercentEncoding.encode(name, keeping: "/()"))\(method)"
    }
}

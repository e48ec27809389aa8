import HTTPTypes
import Hummingbird
import SignalboxCore
import Wire

/// The routes of dashboards and scripts; every answer is JSON.
struct ReadingRoutes: Sendable {
    /// Documents of one page.
    static let pageDocumentsMax = 100

    private let documents: any DocumentStore

    init(documents: any DocumentStore) { self.documents = documents }

    /// Adds the routes to a router.
    func add(to router: RouterGroup<BasicRequestContext>) {
        router.get("v1/jobs") { request, _ in try await jobs(request) }
        router.get("v1/jobs/:id") { _, context in try await document(Job.collection, "job_id", context) }
        router.get("v1/packages/:id") { _, context in
            try await document(PackageRecord.collection, "package_id", context)
        }
        router.get("v1/models") { _, _ in try await models() }
        router.get("v1/models/:id") { _, context in try await versions(context) }
    }

    private func jobs(_ request: Request) async throws -> Response {
        let parameters = request.uri.queryParameters
        var query = DocumentQuery(
            collection: Job.collection,
            orderBy: "created_at",
            descending: true,
            pageToken: parameters["page_token"].map { String($0) }
        )
        if let status = parameters["status"] {
            guard let known = Job.Status(rawValue: String(status)) else {
                let words = Job.Status.allCases.map(\.rawValue).joined(separator: ", ")
                return Self.failure(StoreError(.invalidArgument, "status is one of \(words)"))
            }
            query = query.where("status", .equal, .string(known.rawValue))
        }
        guard let size = Int(parameters["page_size"] ?? "50"), (1...Self.pageDocumentsMax).contains(size) else {
            return Self.failure(StoreError(.invalidArgument, "page_size is 1 to \(Self.pageDocumentsMax)"))
        }
        query.pageDocumentsMax = size
        return await Self.answering { () throws(StoreError) in
            let page = try await documents.query(query)
            return [
                "jobs": .array(page.documents.map { Self.plain($0, identifiedBy: "job_id") }),
                "next_page_token": page.nextPageToken.map(JSON.string) ?? .null,
            ]
        }
    }

    private func document(
        _ collection: String,
        _ member: String,
        _ context: BasicRequestContext
    ) async throws -> Response {
        let id = try context.parameters.require("id")
        return await Self.answering { () throws(StoreError) in
            guard let document = try await documents.get("\(collection)/\(id)") else {
                throw StoreError(.notFound, "\(collection)/\(id)")
            }
            return Self.plain(document, identifiedBy: member)
        }
    }

    private func models() async throws -> Response {
        await Self.answering { () throws(StoreError) in
            let models = try await documents.queryAll(DocumentQuery(collection: ModelRegistry.collection))
            return ["models": .array(models.map { Self.plain($0, identifiedBy: "name") })]
        }
    }

    private func versions(_ context: BasicRequestContext) async throws -> Response {
        let name = try context.parameters.require("id")
        return await Self.answering { () throws(StoreError) in
            let query = DocumentQuery(collection: "\(ModelRegistry.collection)/\(name)/versions")
                .where("state", .equal, .string("published"))
            let versions = try await documents.queryAll(query)
            guard !versions.isEmpty else { throw StoreError(.notFound, "model \(name) has no published version") }
            return ["name": .string(name), "versions": .array(versions.map { .object($0.fields.mapValues(\.plain)) })]
        }
    }

    /// A document's fields as plain JSON, its id beside them under the name that the command line gives it.
    private static func plain(_ document: Document, identifiedBy member: String) -> JSON {
        .object(document.fields.mapValues(\.plain).merging([member: .string(document.id)]) { field, _ in field })
    }

    private static func answering(_ body: () async throws(StoreError) -> JSON) async -> Response {
        do { return answer(.ok, try await body()) } catch { return failure(error) }
    }

    private static func failure(_ error: StoreError) -> Response {
        let status: HTTPTypes.HTTPResponse.Status =
            switch error.code {
            case .notFound: .notFound
            case .invalidArgument: .badRequest
            case .permissionDenied, .unauthenticated: .badGateway
            default: .serviceUnavailable
            }
        return answer(
            status,
            ["error": ["code": .string(error.code.rawValue), "message": .string(error.message)]]
        )
    }

    private static func answer(_ status: HTTPTypes.HTTPResponse.Status, _ json: JSON) -> Response {
        .json(status, json)
    }
}

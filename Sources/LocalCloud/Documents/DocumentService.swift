import GRDB
import Wire

/// Firestore's REST API v1 on the database (https://cloud.google.com/firestore/docs/reference/rest).
struct DocumentService: Sendable {
    let store: Store
    let outbox: Outbox
    let clock: any Clock
    let random: any RandomSource
    let location: String
    let transactions: DocumentTransactions

    /// Whether a path is of this service.
    static func serves(_ path: [String]) -> Bool { path.starts(with: ["v1", "projects"]) }

    /// The answer to a request whose path is of this service.
    func respond(to request: ServerRequest) async -> ServerResponse {
        do {
            return try await route(request)
        } catch let error as DocumentError {
            return error.response
        } catch let error as BodyError {
            return DocumentError.invalid("\(error)").response
        } catch let error as JSONTypeError {
            return DocumentError.invalid("\(error)").response
        } catch is CancellationError {
            return DocumentError(.unavailable, "the server stops").response
        } catch {
            return DocumentError(.internalError, "\(error)").response
        }
    }

    private func route(_ request: ServerRequest) async throws -> ServerResponse {
        var parts = Array(request.path.dropFirst())
        guard let last = parts.last else { throw noRoute(request) }
        // `documents:commit`: the verb stands behind the last colon; ids may have colons too, but POST needs a verb
        // or a collection, and a collection's id with a known verb behind a colon is not served.
        if request.method == "POST", let colon = last.lastIndex(of: ":") {
            parts[parts.count - 1] = String(last[..<colon])
            let path = try DocumentPath(parts)
            return try await respond(to: request, verb: String(last[last.index(after: colon)...]), at: path)
        }
        let path = try DocumentPath(parts)
        switch (request.method, path.isDocument) {
        case ("GET", true): return try await get(request, path)
        case ("PATCH", true): return try await patch(request, path)
        case ("DELETE", true): return try await delete(request, path)
        case ("GET", false) where !path.segments.isEmpty: return try await list(request, path)
        case ("POST", false) where !path.segments.isEmpty: return try await create(request, path)
        default: throw noRoute(request)
        }
    }

    private func respond(
        to request: ServerRequest,
        verb: String,
        at path: DocumentPath
    ) async throws -> ServerResponse {
        let body = try await request.json()
        switch verb {
        case "commit": return try await commit(body)
        case "batchGet": return try await batchGet(body)
        case "beginTransaction": return .json(["transaction": .string(try transactions.begin())])
        case "rollback":
            _ = try transactions.end(try body["transaction"].string())
            return .json([:])
        case "runQuery": return try await runQuery(body, parent: path)
        case "listCollectionIds": return try await listCollectionIDs(body, parent: path)
        default: throw noRoute(request)
        }
    }

    private func noRoute(_ request: ServerRequest) -> DocumentError {
        DocumentError(
            .notFound,
            "nothing is served at \(request.method) /\(request.path.joined(separator: "/"))"
        )
    }
}

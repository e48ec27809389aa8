import GRDB
import Wire

/// Cloud Storage's JSON API v1 on a folder and the database
/// (https://cloud.google.com/storage/docs/json_api/v1): buckets and the live generation of each object.
struct StorageService: Sendable {
    let store: Store
    let files: BlobFolder
    let outbox: Outbox
    let clock: any Clock
    let location: String
    let leases = UploadLeases()

    /// Whether a path is of this service.
    static func serves(_ path: [String]) -> Bool { route(path) != nil }

    /// The answer to a request whose path is of this service.
    func respond(to request: ServerRequest) async -> ServerResponse {
        do {
            guard let route = Self.route(request.path) else { throw Self.noRoute(request) }
            return try await respond(to: request, route)
        } catch let error as StorageError {
            return error.response
        } catch let error as BodyError {
            return StorageError.invalid("\(error)").response
        } catch {
            return StorageError(status: 500, reason: .backendError, message: "\(error)").response
        }
    }

    /// What stands behind `/storage/v1`, and whether bytes are meant.
    private struct Route {
        var isUpload = false
        var isDownload = false
        var parts: [String]
    }

    private static func route(_ path: [String]) -> Route? {
        var parts = path[...]
        // Google's apitools send resumable uploads to a path of their own.
        if parts.starts(with: ["resumable", "upload"]) { parts = parts.dropFirst() }
        var route = Route(parts: [])
        if parts.first == "upload" {
            route.isUpload = true
        } else if parts.first == "download" {
            route.isDownload = true
        }
        if route.isUpload || route.isDownload { parts = parts.dropFirst() }
        guard parts.starts(with: ["storage", "v1"]) else { return nil }
        route.parts = Array(parts.dropFirst(2))
        return route
    }

    private static func noRoute(_ request: ServerRequest) -> StorageError {
        StorageError(
            status: 404,
            reason: .notFound,
            message: "nothing is served at \(request.method) /\(request.path.joined(separator: "/"))"
        )
    }

    private func respond(to request: ServerRequest, _ route: Route) async throws -> ServerResponse {
        let parts = route.parts
        guard parts.first == "b" else { throw Self.noRoute(request) }
        switch parts.count {
        case 1: return try await respondBuckets(request)
        case 2: return try await respondBucket(request, parts[1])
        case 3 where parts[2] == "storageLayout": return try await storageLayout(parts[1])
        case 3 where ["managedFolders", "folders"].contains(parts[2]) && request.method == "GET":
            return try await folders(parts[1], kind: parts[2])
        case 3 where parts[2] == "o" && route.isUpload: return try await respondUpload(request, bucket: parts[1])
        case 3 where parts[2] == "o" && request.method == "GET": return try await list(request, bucket: parts[1])
        case 4 where parts[2] == "o": return try await respondObject(request, parts[1], parts[3], route.isDownload)
        case 5 where parts[2] == "o" && parts[4] == "compose" && request.method == "POST":
            return try await compose(request, bucket: parts[1], name: parts[3])
        case 9 where parts[2] == "o" && parts[5] == "b" && parts[7] == "o" && request.method == "POST":
            guard parts[4] == "rewriteTo" || parts[4] == "copyTo" else { throw Self.noRoute(request) }
            let source = (bucket: parts[1], name: parts[3])
            let target = (bucket: parts[6], name: parts[8])
            return try await copy(request, source, to: target, isRewrite: parts[4] == "rewriteTo")
        default: throw Self.noRoute(request)
        }
    }

    private func respondObject(
        _ request: ServerRequest,
        _ bucket: String,
        _ name: String,
        _ isDownload: Bool
    ) async throws -> ServerResponse {
        switch request.method {
        case "GET" where isDownload || request.query["alt"] == "media":
            return try await download(request, bucket: bucket, name: name)
        case "GET": return try await get(request, bucket: bucket, name: name)
        case "PATCH": return try await update(request, bucket: bucket, name: name, isPatch: true)
        case "PUT": return try await update(request, bucket: bucket, name: name, isPatch: false)
        case "DELETE": return try await delete(request, bucket: bucket, name: name)
        default: throw Self.noRoute(request)
        }
    }
}

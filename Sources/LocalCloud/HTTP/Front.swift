import Wire

/// Hands each request to the service that its path belongs to.
struct Front: Sendable {
    let storage: StorageService
    let documents: DocumentService

    /// The answer to any request. Tokens are not asked for, and not looked at where they come.
    func respond(to request: ServerRequest) async -> ServerResponse {
        guard Loopback.isLoopback(authority: request.headers["host"] ?? "") else {
            // A web page that had its own name point at this machine would come by that name.
            return StorageError(
                status: 403,
                reason: .invalid,
                message: "the Host header must name a loopback address"
            ).response
        }
        guard request.headers.allSatisfy({ $0.name.lowercased() != "origin" || Loopback.isLoopback(origin: $0.value) })
        else {
            // A browser sends a plain POST for any web page without asking first.
            return StorageError(
                status: 403,
                reason: .invalid,
                message: "the Origin header, where there is one, must name a loopback address"
            ).response
        }
        if request.path == ["healthz"] || request.path.isEmpty { return .json(["status": "ok"]) }
        if StorageService.serves(request.path) { return await storage.respond(to: request) }
        if DocumentService.serves(request.path) { return await documents.respond(to: request) }
        return StorageError(
            status: 404,
            reason: .notFound,
            message: "nothing is served at /\(request.path.joined(separator: "/"))"
        ).response
    }
}

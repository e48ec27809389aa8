import HTTPTypes
import Hummingbird
import Wire

/// Lets only callers in whose token says that they may read.
struct CallerCheck: RouterMiddleware {
    typealias Context = BasicRequestContext

    /// How soon to come again where the issuer's keys cannot be had.
    private static let keysSeconds = 10

    let verifier: IDTokenVerifier

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do throws(IDTokenError) {
            _ = try await verifier.caller(Wire.HTTPHeaders(request.headers.map { ($0.name.rawName, $0.value) }))
        } catch {
            var headers = HTTPFields()
            if error.status == 401 { headers[.wwwAuthenticate] = #"Bearer error="invalid_token""# }
            if error.status == 503 { headers[.retryAfter] = String(Self.keysSeconds) }
            let body: JSON = ["error": ["code": .string(error.code.rawValue), "message": .string(error.message)]]
            return .json(HTTPTypes.HTTPResponse.Status(code: error.status), body, headers: headers)
        }
        return try await next(request, context)
    }
}

import CloudEvents
import HTTPTypes
import Hummingbird
import NIOCore
import SignalboxCore
import Synchronization
import Wire

/// The routes of robots: a manifest in, a session and a receipt out (`docs/upload-api.md`).
final class UploadRoutes: Sendable {
    /// Manifests that are read at once: one may take some hundred MiB while it is.
    static let manifestsMax = 4
    /// How soon a request may come again that found all places taken.
    private static let busySeconds = 1
    /// Seconds in which a manifest comes.
    private static let bodySecondsMax: Int64 = 45

    private let desk: UploadDesk
    /// What clients speak to the function: behind a platform's front it does not see that itself.
    private let scheme: String
    private let log: EventLog
    private let running = Mutex(0)

    init(desk: UploadDesk, scheme: String, log: EventLog) {
        self.desk = desk
        self.scheme = scheme
        self.log = log
    }

    /// Adds the routes to a router.
    func add(to router: Router<BasicRequestContext>) {
        router.post(RouterPath(UploadDesk.uploadPath)) { request, _ in await self.announce(request) }
        router.get(RouterPath(UploadDesk.receiptPath(of: ":id"))) { request, context in
            await self.receipt(request, context.parameters.get("id") ?? "")
        }
    }

    private func announce(_ request: Request) async -> Response {
        await answering(.announce) { () throws(Problem) in
            guard self.enter() else {
                throw Problem(.busy, "too many manifests at once", retryAfterSeconds: Self.busySeconds)
            }
            defer { self.running.withLock { $0 -= 1 } }
            let envelope = try await Self.body(of: request)
            let offer = try await self.desk.announce(self.signed(request), envelope: envelope)
            var headers = HTTPFields()
            if let session = offer.session { headers[.location] = session }
            self.log.write(
                .info,
                "package announced: \(offer.state.rawValue)",
                labels: ["decision": offer.state.rawValue, "package_id": offer.packageID, "robot_id": offer.robotID]
            )
            return .json(HTTPTypes.HTTPResponse.Status(code: offer.status), offer.json, headers: headers)
        }
    }

    private func receipt(_ request: Request, _ packageID: String) async -> Response {
        await answering(.receipt) { () throws(Problem) in
            let receipt = try await self.desk.receipt(of: packageID, self.signed(request))
            let body = ResponseBody(byteBuffer: ByteBuffer(bytes: receipt))
            return Response(status: .ok, headers: [.contentType: "application/json"], body: body)
        }
    }

    private func enter() -> Bool {
        running.withLock { running in
            guard running < Self.manifestsMax else { return false }
            running += 1
            return true
        }
    }

    private func signed(_ request: Request) -> SignedRequest {
        SignedRequest(
            method: request.method.rawValue,
            scheme: scheme,
            authority: request.head.authority ?? "",
            target: request.head.path ?? "/",
            headers: Wire.HTTPHeaders(request.headers.map { ($0.name.rawName, $0.value) })
        )
    }

    private static func body(of request: Request) async throws(Problem) -> [UInt8] {
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard length <= Manifest.envelopeBytesMax else { throw UploadDesk.tooLong }
        // Whoever sends nothing, or drop by drop, does not hold a place for long.
        let collecting = Task { try await request.body.collect(upTo: Manifest.envelopeBytesMax) }
        let limit = Task {
            try await SystemClock().sleep(for: .seconds(bodySecondsMax))
            collecting.cancel()
        }
        defer { limit.cancel() }
        do {
            let buffer = try await collecting.value
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw UploadDesk.tooLong
        } catch {
            throw Problem(.bodyMissing, "the body broke off")
        }
    }

    /// What a robot asks for.
    private enum Errand: String {
        case announce, receipt
    }

    private func answering(_ what: Errand, _ body: () async throws(Problem) -> Response) async -> Response {
        do {
            return try await body()
        } catch {
            let severity: EventLog.Severity = error.status >= 500 ? .error : .warning
            log.write(severity, "\(what.rawValue): \(error)", labels: ["decision": "refused", "code": error.code])
            return .problem(error, hasContent: what == .announce)
        }
    }
}

/// Answers under `/api/` that no route gives: in the same form as all others there.
struct UnknownRoutes: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            guard request.uri.path.hasPrefix("/api/"), error.status == .notFound else { throw error }
            let routes = "POST \(UploadDesk.uploadPath) and GET \(UploadDesk.receiptPath(of: "{package_id}"))"
            return .problem(Problem(.routeUnknown, "there are \(routes)"), hasContent: false)
        }
    }
}

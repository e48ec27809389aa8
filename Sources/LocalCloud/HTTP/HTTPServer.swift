import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Wire

/// The listener: the one place that knows the web framework.
struct HTTPServer: Sendable {
    /// The port that was bound.
    let port: Int
    private let group: ServiceGroup
    private let serving: Task<Void, any Error>

    /// Binds and begins to serve.
    ///
    /// - Throws: ``LocalCloudError`` (`addressUnusable`).
    static func start(
        host: String,
        port: Int,
        handler: @escaping @Sendable (ServerRequest) async -> ServerResponse
    ) async throws -> HTTPServer {
        var logger = Logger(label: "signalbox.local-cloud")
        logger.logLevel = .critical
        let (bound, bindings) = AsyncThrowingStream<Int, any Error>.makeStream()
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in
                let response = await handler(ServerRequest(request, host: host))
                return try Response(response)
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), reuseAddress: true),
            onServerRunning: { channel in bindings.yield(channel.localAddress?.port ?? port) },
            logger: logger
        )
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(LocalCloudLimits.shutdownSeconds)
        let group = ServiceGroup(configuration: configuration)
        let serving = Task {
            do {
                try await group.run()
                bindings.finish()
            } catch {
                bindings.finish(throwing: error)
                throw error
            }
        }
        do {
            for try await port in bound { return HTTPServer(port: port, group: group, serving: serving) }
            throw LocalCloudError(.addressUnusable, "\(host):\(port) closed before it served")
        } catch let error as LocalCloudError {
            throw error
        } catch {
            throw LocalCloudError(.addressUnusable, "cannot listen on \(host):\(port), choose another port: \(error)")
        }
    }

    /// Stops accepting, lets the requests that run finish within ``LocalCloudLimits/shutdownSeconds``, and returns.
    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await serving.result
    }
}

extension ServerRequest {
    fileprivate init(_ request: Request, host: String) {
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var headers = HTTPHeaders()
        for field in request.headers { headers.add(field.name.rawName, field.value) }
        let authority = request.head.authority ?? host
        headers["host"] = authority
        self.init(
            method: request.method.rawValue,
            path: parts[0].split(separator: "/").map { PercentEncoding.decode($0) ?? String($0) },
            query: ServerQuery(parts.count > 1 ? parts[1] : ""),
            headers: headers,
            body: RequestBodyStream(request.body, length: headers["content-length"].flatMap { Int64($0) }),
            baseURL: "http://" + authority
        )
    }
}

/// A request's body, which one reader pulls at a time as ``ByteStream`` has it.
private final class RequestBodyStream: ByteStream, @unchecked Sendable {
    private var iterator: RequestBody.AsyncIterator
    private var missing: Int64?

    init(_ body: RequestBody, length: Int64?) {
        iterator = body.makeAsyncIterator()
        missing = length
    }

    func next() async throws -> [UInt8]? {
        do {
            while let buffer = try await iterator.next() {
                missing? -= Int64(buffer.readableBytes)
                if buffer.readableBytes > 0 { return Array(buffer.readableBytesView) }
            }
        } catch {
            throw BodyError.brokenOff
        }
        // The framework reads a connection's end as the body's end.
        guard missing ?? 0 == 0 else { throw BodyError.brokenOff }
        return nil
    }
}

extension Response {
    fileprivate init(_ response: ServerResponse) throws {
        var fields = HTTPFields()
        for header in response.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields.append(HTTPField(name: name, value: header.value))
        }
        let body: ResponseBody
        switch response.body {
        case .bytes(let bytes): body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .file(let file, let offset, let count):
            body = ResponseBody(contentLength: Int(count)) { writer in
                var sent: Int64 = 0
                while sent < count {
                    let size = Int(min(count - sent, Int64(LocalCloudLimits.downloadChunkBytes)))
                    let bytes = try file.read(at: offset + sent, count: size)
                    guard !bytes.isEmpty else { throw BodyError.brokenOff }
                    try await writer.write(ByteBuffer(bytes: bytes))
                    sent += Int64(bytes.count)
                }
                try await writer.finish(nil)
            }
        }
        self.init(status: .init(code: response.status), headers: fields, body: body)
    }
}

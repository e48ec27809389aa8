import CloudEvents
import NIOCore
import NIOHTTP1
import Wire

/// One connection: collects a request, has it answered, writes the answer.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a client that sends too much may go on sending before the connection is cut: closed at once it would
    /// get a reset instead of the answer.
    private static let lingerSeconds: Int64 = 2

    private enum State {
        case idle
        case receiving(HTTPRequestHead, ByteBuffer)
        case answering
        /// Answered before the request was all there.
        case discarding
    }

    private let service: FunctionService
    private let connections: Connections
    private var state = State.idle

    init(service: FunctionService, connections: Connections) {
        self.service = service
        self.connections = connections
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .idle): receive(head, context)
        case (.body(var part), .receiving(let head, var collected)):
            guard collected.readableBytes + part.readableBytes <= service.limits.bodyBytesMax else {
                return refuseLength(of: head, context)
            }
            state = .idle
            collected.writeBuffer(&part)
            state = .receiving(head, collected)
        case (.end, .receiving(let head, let collected)):
            state = .answering
            answer(head, collected, context)
        case (.end, .discarding): context.close(promise: nil)
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        // While a handler works the line is silent, and that is all right.
        if case .answering = state { return }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= service.limits.bodyBytesMax else { return refuseLength(of: head, context) }
        state = .receiving(head, context.channel.allocator.buffer(capacity: length))
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            let interim = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
        }
    }

    private func refuseLength(of head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        state = .discarding
        let message = "the body is longer than \(service.limits.bodyBytesMax) bytes"
        let answer = service.refuse(EventError(.bodyTooLong, message), headers: Self.headers(head))
        write(answer, version: head.version, closes: true, context)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(Self.lingerSeconds)) { bound.value.close(promise: nil) }
    }

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        let request = FunctionRequest(
            method: head.method.rawValue,
            path: head.uri,
            headers: Self.headers(head),
            body: Array(body.readableBytesView)
        )
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: eventLoop)
        let (service, connections) = (service, connections)
        Task {
            let answer = await service.answer(request)
            guard !connections.isOver else { return }
            eventLoop.execute {
                let (handler, context) = bound.value
                handler.finish(answer, to: head, context)
            }
        }
    }

    private func finish(_ answer: HTTPAnswer, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let closes = !head.isKeepAlive || connections.isDraining
        state = .idle
        write(answer, version: head.version, closes: closes, context)
        if closes { context.close(promise: nil) }
    }

    private func write(
        _ answer: HTTPAnswer,
        version: HTTPVersion,
        closes: Bool,
        _ context: ChannelHandlerContext
    ) {
        let bytes = answer.body.bytes
        var headers = NIOHTTP1.HTTPHeaders()
        headers.add(name: "content-type", value: "application/json")
        headers.add(name: "content-length", value: String(bytes.count))
        for (name, value) in answer.headers { headers.add(name: name, value: value) }
        if closes { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(
            version: version,
            status: HTTPResponseStatus(statusCode: answer.status),
            headers: headers
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private static func headers(_ head: HTTPRequestHead) -> Wire.HTTPHeaders {
        Wire.HTTPHeaders(head.headers.map { ($0.name, $0.value) })
    }
}

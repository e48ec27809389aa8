import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// A function that listens.
public final class RunningServer: Sendable {
    private static let backlog: Int32 = 256

    /// The port it listens on.
    public let port: Int
    private let listener: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let connections: Connections
    private let drainSeconds: Int
    private let clock: any Clock

    private init(
        port: Int,
        listener: any Channel,
        group: MultiThreadedEventLoopGroup,
        connections: Connections,
        drainSeconds: Int,
        clock: any Clock
    ) {
        self.port = port
        self.listener = listener
        self.group = group
        self.connections = connections
        self.drainSeconds = drainSeconds
        self.clock = clock
    }

    /// Starts to listen.
    ///
    /// One thread moves bytes; handlers run on the tasks' own threads.
    ///
    /// - Throws: what the system says where the address cannot be had.
    static func start(
        _ service: FunctionService,
        configuration: ServerConfiguration,
        clock: any Clock
    ) async throws -> RunningServer {
        let limits = service.limits
        // An address, not a name: nothing is looked up while starting.
        let address = try SocketAddress(ipAddress: configuration.host, port: configuration.port)
        let connections = Connections(connectionsMax: limits.connectionsMax)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.add(channel) else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(Int64(limits.idleSeconds))))
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(ConnectionHandler(service: service, connections: connections))
                }
            }
        do {
            let listener = try await bootstrap.bind(to: address).get()
            return RunningServer(
                port: listener.localAddress?.port ?? configuration.port,
                listener: listener,
                group: group,
                connections: connections,
                drainSeconds: limits.drainSeconds,
                clock: clock
            )
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Takes no more connections, lets what runs finish within ``ServerLimits/drainSeconds``, and ends.
    public func stop() async {
        try? await listener.close()
        let connections = connections
        _ = await Deadline.run(seconds: drainSeconds, clock: clock) { await connections.drain() }
        connections.closeAll()
        try? await group.shutdownGracefully()
    }
}

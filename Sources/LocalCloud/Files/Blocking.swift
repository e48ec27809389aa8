import NIOPosix

/// Where calls that wait for the disk run, so that they hold up no thread that serves connections.
enum Blocking {
    /// Runs a piece of work on a thread of its own pool.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(work)
    }
}

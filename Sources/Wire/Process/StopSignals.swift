import Dispatch
import Glibc

/// Signals as values, so that a program can finish what it does.
public final class StopSignals {
    /// The signals' numbers, in the order in which they came.
    public let numbers: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    /// From now on SIGTERM and SIGINT end nothing by themselves.
    public convenience init() { self.init([SIGTERM, SIGINT], ignoredStayIgnored: false) }

    /// From now on these signals end nothing by themselves.
    ///
    /// - Parameter ignoredStayIgnored: whether signals that the parent had this process ignore are left alone: a shell
    ///   ignores Ctrl-C for what it runs in the background, nohup(1) the end of the terminal.
    public init(_ wanted: [Int32], ignoredStayIgnored: Bool) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        numbers = stream
        sources = wanted.filter { !ignoredStayIgnored || !Self.isIgnored($0) }.map { number in
            // The source sees the signal only where the default action does not come first.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// The next signal's number.
    public func next() async -> Int32 {
        var iterator = numbers.makeAsyncIterator()
        return await iterator.next() ?? SIGTERM
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

import Dispatch
import Glibc
import Synchronization

/// Signals as values, so that a program can finish what it does.
public final class StopSignals: Sendable {
    /// The signals' numbers, in the order in which they came.
    public let numbers: AsyncStream<Int32>
    private let continuation: AsyncStream<Int32>.Continuation

    /// From now on SIGTERM and SIGINT end nothing by themselves.
    ///
    /// - Throws: ``FileIO/Failure`` where the process may open no more files.
    public convenience init() throws(FileIO.Failure) { try self.init([SIGTERM, SIGINT], ignoredStayIgnored: false) }

    /// From now on these signals end nothing by themselves; none that comes after this is lost.
    ///
    /// - Parameter ignoredStayIgnored: whether signals that the parent had this process ignore are left alone: a shell
    ///   ignores Ctrl-C for what it runs in the background, nohup(1) the end of the terminal.
    /// - Throws: ``FileIO/Failure`` where the process may open no more files.
    public init(_ wanted: [Int32], ignoredStayIgnored: Bool) throws(FileIO.Failure) {
        let pipe = try SignalPipe.shared.get()
        (numbers, continuation) = AsyncStream.makeStream(of: Int32.self)
        let caught = wanted.filter { !ignoredStayIgnored || !Self.isIgnored($0) }
        pipe.deliver(caught, to: continuation, of: ObjectIdentifier(self))
    }

    deinit {
        try? SignalPipe.shared.get().forget(ObjectIdentifier(self))
        continuation.finish()
    }

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

/// The process's signals on their way from a handler, which may do next to nothing (signal-safety(7)), to values.
///
/// Not libdispatch's signal sources: they register on a thread of their own, behind the signal's being ignored, and
/// what comes in between is dropped.
private final class SignalPipe: Sendable {
    /// One in a process, as its signals' handlers are.
    static let shared = Result<SignalPipe, FileIO.Failure> { () throws(FileIO.Failure) in try SignalPipe() }

    /// Where the handler writes. Set before a handler is.
    nonisolated(unsafe) private static var writeEnd: Int32 = -1

    private struct Subscriber {
        let numbers: [Int32]
        let continuation: AsyncStream<Int32>.Continuation
    }

    private let subscribers = Mutex<[ObjectIdentifier: Subscriber]>([:])
    /// Set once, and kept for its being kept.
    nonisolated(unsafe) private let source: any DispatchSourceRead

    private init() throws(FileIO.Failure) {
        var ends: [Int32] = [-1, -1]
        // A handler must not wait: 65,536 signals that nobody has read are enough.
        guard pipe(&ends) == 0 else { throw FileIO.Failure("a pipe for signals") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        Self.writeEnd = ends[1]
        let readEnd = ends[0]
        source = DispatchSource.makeReadSource(fileDescriptor: readEnd, queue: .global())
        source.setEventHandler { [self] in
            var number: UInt8 = 0
            while read(readEnd, &number, 1) == 1 { hand(Int32(number)) }
        }
        source.resume()
    }

    /// Has the signals come to a continuation from now on.
    func deliver(_ numbers: [Int32], to continuation: AsyncStream<Int32>.Continuation, of id: ObjectIdentifier) {
        subscribers.withLock { $0[id] = Subscriber(numbers: numbers, continuation: continuation) }
        for number in numbers {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(SignalPipe.writeEnd, &byte, 1)
                errno = before
            }
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
    }

    /// Delivers nothing more; the signals still end nothing.
    func forget(_ id: ObjectIdentifier) { _ = subscribers.withLock { $0.removeValue(forKey: id) } }

    private func hand(_ number: Int32) {
        subscribers.withLock { subscribers in
            for subscriber in subscribers.values where subscriber.numbers.contains(number) {
                subscriber.continuation.yield(number)
            }
        }
    }
}

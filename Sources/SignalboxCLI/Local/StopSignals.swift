import Dispatch
import Glibc

/// The signals that end `local up`, one after the other.
struct StopSignals {
    /// What a signal asks for.
    enum Request: Sendable {
        /// Stop; trainers go on by themselves.
        case stop
        /// Stop, trainers too: they checkpoint first.
        case stopWithTrainers
    }

    /// Asks `local up` to stop trainers too.
    static let withTrainers = SIGUSR1

    /// The requests in order.
    let requests: AsyncStream<Request>
    private let sources: [any DispatchSourceSignal]

    /// Takes the signals over from now on.
    init() {
        let (requests, continuation) = AsyncStream<Request>.makeStream()
        self.requests = requests
        // What the parent ignores stays ignored: a shell does that for Ctrl-C in what it runs in the background,
        // nohup(1)
        // for the end of the terminal.
        let wanted = [SIGINT, SIGTERM, SIGHUP, Self.withTrainers].filter { !Self.isIgnored($0) }
        sources = wanted.map { number in
            // A source sees a signal only when the default action does not end the process first.
            Glibc.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                continuation.yield(number == Self.withTrainers ? .stopWithTrainers : .stop)
            }
            source.resume()
            return source
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        return handler == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

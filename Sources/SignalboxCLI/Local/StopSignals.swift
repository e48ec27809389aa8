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
        sources = [SIGINT, SIGTERM, SIGHUP, Self.withTrainers].map { number in
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
}

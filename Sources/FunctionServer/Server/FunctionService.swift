import CloudEvents
import Synchronization
import Wire

/// A function without its sockets: a request in, an answer and a log line out.
final class FunctionService: Sendable {
    /// How soon an event may come again that found all places taken.
    private static let busySeconds = 1
    /// How soon an event may come again whose handler ran out of time.
    private static let overdueSeconds = 10
    /// Texts of an answer's detail that become labels.
    private static let labelNames = ["package_id", "job_id", "robot_id"]

    let limits: ServerLimits
    private let handler: any EventHandler
    private let log: EventLog
    private let project: String?
    /// Who may call; nil for everybody who can.
    private let callers: IDTokenVerifier?
    private let clock: any Clock
    private let running = Mutex(0)

    init(
        handler: any EventHandler,
        limits: ServerLimits,
        log: EventLog,
        project: String?,
        callers: IDTokenVerifier? = nil,
        clock: any Clock
    ) {
        self.handler = handler
        self.callers = callers
        self.limits = limits
        self.log = log
        self.project = project
        self.clock = clock
    }

    /// Answers one request.
    func answer(_ request: FunctionRequest) async -> HTTPAnswer {
        if request.method == "GET", request.path == "/healthz" {
            return HTTPAnswer(status: 200, body: ["status": "ok"])
        }
        let log = log.with(TraceContext(request.headers), project: project)
        if let callers {
            do throws(IDTokenError) {
                _ = try await callers.caller(request.headers)
            } catch {
                let labels = ["decision": "unauthenticated", "code": error.code.rawValue]
                log.write(.warning, error.description, labels: labels)
                return HTTPAnswer(error)
            }
        }
        let event: IncomingEvent
        do { event = try IncomingEvent(request) } catch { return refuse(error, log) }
        let answer = await handle(event, log: log.with(Self.labels(of: event)))
        return HTTPAnswer(answer)
    }

    /// Says and logs that a request is no event.
    func refuse(_ error: EventError, headers: HTTPHeaders) -> HTTPAnswer {
        refuse(error, log.with(TraceContext(headers), project: project))
    }

    private func refuse(_ error: EventError, _ log: EventLog) -> HTTPAnswer {
        log.write(.warning, error.description, labels: ["decision": "unreadable", "code": error.code.rawValue])
        return HTTPAnswer(error)
    }

    private func handle(_ event: IncomingEvent, log: EventLog) async -> EventAnswer {
        let answer = await answerInTime(event, log: log)
        var labels = ["decision": answer.decision]
        labels["code"] = answer.code ?? answer.detail["code"]?.stringValue
        for name in Self.labelNames { labels[name] = answer.detail[name]?.stringValue }
        let message = [answer.decision, labels["code"]].compactMap(\.self).joined(separator: ": ")
        switch answer {
        case .done: log.write(.info, message, labels: labels)
        case .unreadable(_, let text): log.write(.warning, "\(message): \(text)", labels: labels)
        case .refused, .tryAgain: log.write(.warning, message, labels: labels)
        }
        return answer
    }

    private func answerInTime(_ event: IncomingEvent, log: EventLog) async -> EventAnswer {
        let hasPlace = running.withLock { running in
            guard running < limits.concurrentEventsMax else { return false }
            running += 1
            return true
        }
        guard hasPlace else { return .tryAgain(code: "busy", afterSeconds: Self.busySeconds) }
        let answer = await Deadline.run(seconds: limits.handlerSeconds, clock: clock) {
            // The place is taken until the handler has really ended, in time or not.
            defer { self.running.withLock { $0 -= 1 } }
            return await self.handler.handle(event, log: log)
        }
        return answer ?? .tryAgain(code: "deadline_exceeded", afterSeconds: Self.overdueSeconds)
    }

    private static func labels(of event: IncomingEvent) -> [String: String] {
        var labels = ["event_type": event.type]
        labels["event_id"] = event.id
        return labels
    }
}

public import Wire

/// Structured log lines as Cloud Logging reads them from stdout: one JSON object a line
/// (https://cloud.google.com/logging/docs/structured-logging).
public struct EventLog: Sendable {
    /// How much a line matters.
    public enum Severity: String, Sendable {
        /// What is expected.
        case info = "INFO"
        /// What somebody may want to look at.
        case warning = "WARNING"
        /// What somebody has to look at.
        case error = "ERROR"
    }

    private let sink: @Sendable (String) -> Void
    private let clock: any Clock
    private let trace: TraceContext?
    private let project: String?
    /// What is said with every line.
    public private(set) var labels: [String: String]

    /// A log that hands its lines, without line end, to a sink.
    public init(
        clock: any Clock = SystemClock(),
        labels: [String: String] = [:],
        sink: @escaping @Sendable (String) -> Void
    ) {
        self.init(clock: clock, labels: labels, trace: nil, project: nil, sink: sink)
    }

    private init(
        clock: any Clock,
        labels: [String: String],
        trace: TraceContext?,
        project: String?,
        sink: @escaping @Sendable (String) -> Void
    ) {
        self.sink = sink
        self.clock = clock
        self.labels = labels
        self.trace = trace
        self.project = project
    }

    /// The same log with more labels.
    public func with(_ more: [String: String]) -> EventLog {
        EventLog(clock: clock, labels: labels.merging(more) { $1 }, trace: trace, project: project, sink: sink)
    }

    /// The same log for one request.
    package func with(_ trace: TraceContext?, project: String?) -> EventLog {
        EventLog(clock: clock, labels: labels, trace: trace, project: project, sink: sink)
    }

    /// Writes one line.
    public func write(_ severity: Severity, _ message: String, labels more: [String: String] = [:]) {
        var line: [String: JSON] = [
            "severity": .string(severity.rawValue),
            "message": .string(message),
            "time": .string(clock.now().description),
        ]
        let all = labels.merging(more) { $1 }
        if !all.isEmpty { line["logging.googleapis.com/labels"] = .object(all.mapValues(JSON.string)) }
        if let trace {
            let prefix = project.map { "projects/\($0)/traces/" } ?? ""
            line["logging.googleapis.com/trace"] = .string(prefix + trace.id)
            if let span = trace.span { line["logging.googleapis.com/spanId"] = .string(span) }
            line["logging.googleapis.com/trace_sampled"] = .bool(trace.isSampled)
        }
        sink(JSON.object(line).serialized())
    }
}

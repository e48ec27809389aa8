public import Wire

/// A line of the trainer's log on its way to whoever watches.
public struct ConsoleLine: Sendable, Equatable {
    /// As machines read it (`docs/json-output.md`).
    public let json: JSON

    /// As people read it: time of day, what is not in order, the message.
    public var text: String {
        let time = json["time"]?.stringValue?.drop { $0 != "T" }.dropFirst().prefix(8) ?? ""
        let severity = json["severity"]?.stringValue ?? ""
        let mark = severity == JobObserver.Severity.info.rawValue ? "" : " \(severity.lowercased()):"
        return "\(time)\(mark) \(json["message"]?.stringValue ?? "")"
    }
}

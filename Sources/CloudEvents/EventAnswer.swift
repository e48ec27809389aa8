public import Wire

/// What a handler says to an event.
public enum EventAnswer: Sendable, Equatable {
    /// Done, or nothing to do: 200.
    case done(JSON)
    /// Refused for good, never to be sent again: 200, as Eventarc would send anything else again.
    case refused(code: String, JSON)
    /// An event this function cannot read: 400.
    case unreadable(code: String, message: String)
    /// To be sent again, no sooner than that: 503 with `Retry-After`.
    case tryAgain(code: String, afterSeconds: Int)

    /// The answer to an event that is none of the function's: triggers send what they are set to send.
    public static let ignored = EventAnswer.done(["code": "event_ignored"])

    /// The answer to an event that could not be read.
    public static func unreadable(_ error: EventError) -> EventAnswer {
        .unreadable(code: error.code.rawValue, message: error.message)
    }

    /// The word for the decision, in answers and logs.
    package var decision: String {
        switch self {
        case .done: "done"
        case .refused: "refused"
        case .unreadable: "unreadable"
        case .tryAgain: "try_again"
        }
    }

    /// The code of the decision, where it has one.
    package var code: String? {
        switch self {
        case .done: nil
        case .refused(let code, _), .unreadable(let code, _), .tryAgain(let code, _): code
        }
    }

    /// What the handler tells of it.
    package var detail: JSON {
        switch self {
        case .done(let detail), .refused(_, let detail): detail
        case .unreadable, .tryAgain: .null
        }
    }
}

public import Wire

/// An event that was given up.
public struct DeadLetter: Sendable, Equatable {
    /// The subscription or schedule that did not take it.
    public let subscription: String
    /// The event's id.
    public let eventID: String
    /// What was sent, headers first.
    public let headers: HTTPHeaders
    /// What was sent.
    public let body: [UInt8]
    /// How often it was sent.
    public let attempts: Int
    /// When the event was made.
    public let created: Timestamp
    /// What the last attempt met with.
    public let cause: String
}

public import SignalboxCore

/// Where a provider tells that it will take this machine away.
public protocol InterruptionNotices: Sendable {
    /// For people: who tells.
    var provider: String { get }

    /// What is to come; nil while nothing is.
    ///
    /// - Throws: where nobody answers, or not as the provider does.
    func current() async throws -> StopCause?
}

/// What answers is not the provider's metadata server, or it refuses.
struct NoticeError: Error, CustomStringConvertible {
    let description: String
}

extension String {
    /// Without the space around it.
    var trimmed: String { String(self.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}

import Testing

/// The whole of it as real processes. They share few cores, so one test runs after the other.
@Suite(.serialized)
enum EndToEnd {
    /// How long anything may take that has to happen: generous, for a busy machine; no figure is measured by it.
    static let waitSeconds = 120
    /// How long a program may take that is told to stop.
    static let stopSeconds = 60
    /// From one look to the next.
    static let look = Duration.milliseconds(50)
}

/// Something that had to happen did not.
struct Overdue: Error, CustomStringConvertible {
    let what: String
    let seconds: Int

    var description: String { "\(what): not within \(seconds) s" }
}

/// Looks until there is a value.
///
/// - Throws: ``Overdue``, and what the look throws.
func eventually<Value: Sendable>(
    _ what: String,
    withinSeconds seconds: Int = EndToEnd.waitSeconds,
    _ look: () async throws -> Value?
) async throws -> Value {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try await look() { return value }
        guard ContinuousClock.now < end else { throw Overdue(what: what, seconds: seconds) }
        try await Task.sleep(for: EndToEnd.look)
    }
}

/// Looks until something holds.
func eventually(
    _ what: String,
    withinSeconds seconds: Int = EndToEnd.waitSeconds,
    _ look: () async throws -> Bool
) async throws {
    let _: Bool = try await eventually(what, withinSeconds: seconds) { try await look() ? true : nil }
}

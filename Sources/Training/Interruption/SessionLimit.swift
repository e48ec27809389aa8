/// How long a process may run: a whole number of hours, minutes or seconds, `12h`, `90m`, `3600s`.
public struct SessionLimit: Sendable, Equatable {
    /// A minute leaves time for a checkpoint; no machine is lent for longer than a year.
    public static let secondsRange = 60...365 * 86_400

    /// The whole of it in seconds.
    public let seconds: Int

    /// Nil for a text of another form, and for a time out of ``secondsRange``.
    public init?(_ text: String) {
        let units: [Character: Int] = ["h": 3600, "m": 60, "s": 1]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()) else { return nil }
        let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit)
        guard !isTooLong, Self.secondsRange.contains(seconds) else { return nil }
        self.seconds = seconds
    }
}

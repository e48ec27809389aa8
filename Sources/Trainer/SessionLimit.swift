import ArgumentParser

/// How long a process may run: a whole number of hours, minutes or seconds, `12h`, `90m`, `3600s`.
struct SessionLimit: ExpressibleByArgument {
    /// A minute leaves time for a checkpoint; no machine is lent for longer than a year.
    private static let secondsRange = 60...365 * 86_400

    let seconds: Int

    init?(argument: String) {
        let units: [Character: Int] = ["h": 3600, "m": 60, "s": 1]
        guard let unit = argument.last.flatMap({ units[$0] }), let count = Int(argument.dropLast()) else { return nil }
        let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit)
        guard !isTooLong, Self.secondsRange.contains(seconds) else { return nil }
        self.seconds = seconds
    }
}

import Wire

/// Five fields that name minutes, UTC, as crontab(5) has them: numbers, names of months and days, `*`, lists, ranges
/// and steps. Where both days are restricted, either will do.
struct CronExpression: Sendable, Equatable {
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let daysOfMonth: Set<Int>
    private let months: Set<Int>
    private let daysOfWeek: Set<Int>
    private let isAnyDayOfMonth: Bool
    private let isAnyDayOfWeek: Bool

    /// The longest time between two matches: 29 February over a century without a leap day.
    private static let daysMax: Int64 = 8 * 366

    /// Reads an expression.
    ///
    /// - Throws: ``LocalCloudError`` (`invalidConfiguration`) with the field that is wrong.
    init(_ text: String) throws(LocalCloudError) {
        let fields = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { String($0) }
        guard fields.count == 5 else {
            throw LocalCloudError(.invalidConfiguration, "a schedule has five fields, not \(fields.count): \(text)")
        }
        minutes = try Self.values(fields[0], 0...59)
        hours = try Self.values(fields[1], 0...23)
        daysOfMonth = try Self.values(fields[2], 1...31)
        months = try Self.values(fields[3], 1...12, names: Self.monthNames, first: 1)
        // 7 is Sunday too.
        daysOfWeek = Set(try Self.values(fields[4], 0...7, names: Self.dayNames, first: 0).map { $0 % 7 })
        isAnyDayOfMonth = fields[2].hasPrefix("*")
        isAnyDayOfWeek = fields[4].hasPrefix("*")
    }

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    private static func values(
        _ field: String,
        _ range: ClosedRange<Int>,
        names: [String] = [],
        first: Int = 0
    ) throws(LocalCloudError) -> Set<Int> {
        let wrong = LocalCloudError(
            .invalidConfiguration,
            "the schedule field \(field) is not made of numbers from \(range.lowerBound) to \(range.upperBound)"
        )
        func number(_ text: Substring) -> Int? {
            if let index = names.firstIndex(of: text.lowercased()) { return index + first }
            return Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
        var values: Set<Int> = []
        for item in field.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            guard (1...2).contains(parts.count), let step = parts.count == 2 ? Int(parts[1]) : 1, step > 0 else {
                throw wrong
            }
            let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
            if parts[0] == "*" {
                values.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
            } else if ends.count == 2, let low = number(ends[0]), let high = number(ends[1]), low <= high {
                values.formUnion(stride(from: low, through: high, by: step))
            } else if ends.count == 1, let low = number(ends[0]) {
                values.formUnion(stride(from: low, through: parts.count == 2 ? range.upperBound : low, by: step))
            } else {
                throw wrong
            }
        }
        return values
    }

    /// The first matching minute behind a time; nil where none comes, as of 30 February.
    func next(after time: Timestamp) -> Timestamp? {
        let start = (time.seconds >= 0 ? time.seconds / 60 : (time.seconds - 59) / 60) + 1
        let firstDay = start >= 0 ? start / 1440 : (start - 1439) / 1440
        for day in firstDay...(firstDay + Self.daysMax) where matches(day: day) {
            let first = day == firstDay ? Int(start - day * 1440) : 0
            for minute in first..<1440 where hours.contains(minute / 60) && minutes.contains(minute % 60) {
                return Timestamp(seconds: (day * 1440 + Int64(minute)) * 60)
            }
        }
        return nil
    }

    /// Whether a day, counted from 1970-01-01, a Thursday, matches.
    private func matches(day: Int64) -> Bool {
        let (month, dayOfMonth) = Self.civil(fromDays: day)
        guard months.contains(month) else { return false }
        let isDayOfMonth = daysOfMonth.contains(dayOfMonth)
        let isDayOfWeek = daysOfWeek.contains(Int(((day + 4) % 7 + 7) % 7))
        if isAnyDayOfMonth || isAnyDayOfWeek { return isDayOfMonth && isDayOfWeek }
        return isDayOfMonth || isDayOfWeek
    }

    /// The Gregorian month and day (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(fromDays days: Int64) -> (month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (Int(month), Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1))
    }
}

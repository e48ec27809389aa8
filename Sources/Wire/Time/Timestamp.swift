/// A point in time, UTC, to the nanosecond.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let seconds: Int64
    /// Nanoseconds behind the second, from 0 to 999,999,999.
    public let nanoseconds: Int32

    /// A time from seconds and nanoseconds since 1970; nanoseconds out of range carry over.
    public init(seconds: Int64, nanoseconds: Int64 = 0) {
        let carry = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : (nanoseconds - 999_999_999) / 1_000_000_000
        self.seconds = seconds &+ carry
        self.nanoseconds = Int32(nanoseconds - carry * 1_000_000_000)
    }

    /// Orders by time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The time later by that much.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(
            seconds: time.seconds &+ seconds,
            nanoseconds: Int64(time.nanoseconds) + attoseconds / 1_000_000_000
        )
    }

    /// The time earlier by that much.
    public static func - (time: Timestamp, duration: Duration) -> Timestamp { time + (.zero - duration) }

    /// How much later `left` is than `right`.
    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .seconds(left.seconds - right.seconds) + .nanoseconds(Int64(left.nanoseconds) - Int64(right.nanoseconds))
    }

    /// The time cut to whole microseconds, which is all that Firestore keeps.
    public var truncatedToMicroseconds: Timestamp {
        Timestamp(seconds: seconds, nanoseconds: Int64(nanoseconds) / 1000 * 1000)
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with as many groups of three decimals as it needs: `2026-11-21T02:52:07.379Z`.
    public var description: String {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let time = seconds - days * 86_400
        let (year, month, day) = Self.civil(fromDays: days)
        // Every field of a document's times is written so, at each read: digits into bytes, not texts into texts.
        var text: [UInt8] = []
        text.reserveCapacity(32)
        if year < 0 { text.append(UInt8(ascii: "-")) }
        Self.write(year, 4, "-", into: &text)
        Self.write(month, 2, "-", into: &text)
        Self.write(day, 2, "T", into: &text)
        Self.write(time / 3600, 2, ":", into: &text)
        Self.write(time / 60 % 60, 2, ":", into: &text)
        let hasFraction = nanoseconds != 0
        Self.write(time % 60, 2, hasFraction ? "." : "Z", into: &text)
        if hasFraction {
            let (unit, width): (Int32, Int) =
                nanoseconds % 1_000_000 == 0 ? (1_000_000, 3) : nanoseconds % 1000 == 0 ? (1000, 6) : (1, 9)
            Self.write(Int64(nanoseconds / unit), width, "Z", into: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Writes a number's digits, zeros ahead of them, and a mark behind.
    private static func write(_ number: Int64, _ width: Int, _ mark: Unicode.Scalar, into text: inout [UInt8]) {
        var rest = number.magnitude
        var digits = 0
        let start = text.count
        while rest > 0 || digits < width {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
            digits += 1
        }
        text[start...].reverse()
        text.append(UInt8(ascii: mark))
    }

    /// The Gregorian date of a day number since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms").
    private static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Timestamp {
    /// Reads RFC 3339, section 5.6: any offset, up to nine decimals; nil for all else, dates that do not exist
    /// included.
    ///
    /// A leap second (`:60`) reads as the second before it, as POSIX clocks repeat it.
    public init?(rfc3339 text: String) {
        var fields = Fields(text: Array(text.utf8))
        guard let year = fields.number(4), fields.take("-"), let month = fields.number(2), fields.take("-"),
            let day = fields.number(2), fields.take("T") || fields.take("t"), let hour = fields.number(2),
            fields.take(":"), let minute = fields.number(2), fields.take(":"), let second = fields.number(2)
        else { return nil }
        guard let nanoseconds = fields.fraction(), let offset = fields.offset(), fields.isAtEnd else { return nil }
        guard (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let days = Self.days(fromYear: year, month: month, day: day)
        let time = hour * 3600 + minute * 60 + min(second, 59)
        self.init(seconds: days * 86_400 + time - offset, nanoseconds: nanoseconds)
    }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        if month == 2 { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28 }
        return [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func days(fromYear year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private struct Fields {
        let text: [UInt8]
        var position = 0

        init(text: [UInt8]) { self.text = text }

        var isAtEnd: Bool { position == text.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard position < text.count, UInt32(text[position]) == character.value else { return false }
            position += 1
            return true
        }

        mutating func digit() -> Int64? {
            guard position < text.count, (0x30...0x39).contains(text[position]) else { return nil }
            position += 1
            return Int64(text[position - 1] - 0x30)
        }

        mutating func number(_ digits: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<digits {
                guard let next = digit() else { return nil }
                value = value * 10 + next
            }
            return value
        }

        mutating func fraction() -> Int64? {
            guard take(".") else { return 0 }
            var value: Int64 = 0
            var digits = 0
            while let next = digit() {
                value = value * 10 + next
                digits += 1
                guard digits <= 9 else { return nil }
            }
            guard digits > 0 else { return nil }
            return (digits..<9).reduce(value) { scaled, _ in scaled * 10 }
        }

        mutating func offset() -> Int64? {
            if take("Z") || take("z") { return 0 }
            let sign: Int64
            if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
            guard let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60 else {
                return nil
            }
            return sign * (hours * 3600 + minutes * 60)
        }
    }
}

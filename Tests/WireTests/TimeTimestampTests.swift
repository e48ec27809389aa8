import Foundation
import Testing
import Wire

@Suite struct TimeTimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Timestamp(seconds: 0)),
        ("2026-11-21T02:52:07.379Z", Timestamp(seconds: 1_795_229_527, nanoseconds: 379_000_000)),
        ("2026-11-21t02:52:07.379z", Timestamp(seconds: 1_795_229_527, nanoseconds: 379_000_000)),
        ("2026-11-21T03:52:07+01:00", Timestamp(seconds: 1_795_229_527)),
        ("2026-11-20T21:22:07-05:30", Timestamp(seconds: 1_795_229_527)),
        ("2024-02-29T23:59:59.123456789Z", Timestamp(seconds: 1_709_251_199, nanoseconds: 123_456_789)),
        ("1969-12-31T23:59:59.5Z", Timestamp(seconds: -1, nanoseconds: 500_000_000)),
        ("0001-01-01T00:00:00Z", Timestamp(seconds: -62_135_596_800)),
        ("9999-12-31T23:59:59Z", Timestamp(seconds: 253_402_300_799)),
        ("2016-12-31T23:59:60Z", Timestamp(seconds: 1_483_228_799)),
    ])
    func timesRead(_ text: String, _ expected: Timestamp) {
        #expect(Timestamp(rfc3339: text) == expected)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T02:52:07", "2026-11-21 02:52:07Z", "2026-11-21T02:52Z", "2026-1-21T02:52:07Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "1900-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T00:60:00Z", "2026-11-21T00:00:61Z",
        "2026-11-21T00:00:00.Z", "2026-11-21T00:00:00.1234567890Z", "2026-11-21T00:00:00+24:00",
        "2026-11-21T00:00:00+0100", "2026-11-21T00:00:00Z ", " 2026-11-21T00:00:00Z", "+2026-11-21T00:00:00Z",
        "２026-11-21T00:00:00Z",
    ])
    func whatIsNoTimeIsRefused(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func textIsShortInGroupsOfThree() {
        #expect(Timestamp(seconds: 0).description == "1970-01-01T00:00:00Z")
        #expect(Timestamp(seconds: 0, nanoseconds: 100_000_000).description == "1970-01-01T00:00:00.100Z")
        #expect(Timestamp(seconds: 0, nanoseconds: 1000).description == "1970-01-01T00:00:00.000001Z")
        #expect(Timestamp(seconds: -1, nanoseconds: 1).description == "1969-12-31T23:59:59.000000001Z")
    }

    /// Every 11 days and some from the year 1 to the year 9999, against Foundation's calendar.
    @Test func datesAgreeWithTheCalendar() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for seconds in stride(from: Int64(-12_219_292_800), through: 253_402_300_799, by: 10_000_019) {
            let time = Timestamp(seconds: seconds)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(seconds))
            )
            let expected = String(
                format: "%04d-%02d-%02dT%02d:%02d:%02dZ",
                parts.year ?? 0,
                parts.month ?? 0,
                parts.day ?? 0,
                parts.hour ?? 0,
                parts.minute ?? 0,
                parts.second ?? 0
            )
            #expect(time.description == expected)
            #expect(Timestamp(rfc3339: expected) == time)
        }
    }

    @Test func arithmeticCarries() {
        let time = Timestamp(seconds: 10, nanoseconds: 900_000_000)
        #expect(time + .milliseconds(200) == Timestamp(seconds: 11, nanoseconds: 100_000_000))
        #expect(time - .seconds(11) == Timestamp(seconds: -1, nanoseconds: 900_000_000))
        #expect(time - .milliseconds(1000) == Timestamp(seconds: 9, nanoseconds: 900_000_000))
        #expect(time - Timestamp(seconds: 12) == .milliseconds(-1100))
        #expect(Timestamp(seconds: 0, nanoseconds: -1) == Timestamp(seconds: -1, nanoseconds: 999_999_999))
        #expect(Timestamp(seconds: 0, nanoseconds: 2_000_000_001) == Timestamp(seconds: 2, nanoseconds: 1))
        #expect(Timestamp(seconds: -1, nanoseconds: 5) < Timestamp(seconds: 0))
        #expect(Timestamp(seconds: 1, nanoseconds: 999).truncatedToMicroseconds == Timestamp(seconds: 1))
    }

    @Test func theSystemClockGoesForward() async throws {
        let clock = SystemClock()
        let before = clock.now()
        try await clock.sleep(for: .milliseconds(2))
        #expect(clock.now() >= before + .milliseconds(2))
    }
}

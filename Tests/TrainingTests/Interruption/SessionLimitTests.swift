import Testing
import Training

@Suite("A session's limit") struct SessionLimitTests {
    @Test(
        "is a whole number of hours, minutes or seconds, of a minute to a year",
        arguments: [("12h", 43_200), ("90m", 5400), ("3600s", 3600), ("60s", 60), ("1m", 60), ("8760h", 31_536_000)]
    )
    func understood(text: String, seconds: Int) {
        #expect(SessionLimit(text)?.seconds == seconds)
    }

    @Test(
        "is no other text, and no time that is shorter or longer",
        arguments: [
            "", "h", "12", "12 h", "1.5h", "12H", "1d", "h12", "-1h", "0m", "59s", "8761h", "31536001s",
            "\(Int.max)h", "\(Int.max)s", "99999999999999999999s",
        ]
    )
    func refused(text: String) {
        #expect(SessionLimit(text) == nil)
    }
}
